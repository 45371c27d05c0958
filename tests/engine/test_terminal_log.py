"""The log on a terminal that somebody stopped, and reads again later."""

import logging
import os
from contextlib import suppress

from pmv_tui.engine.log import KEPT, TerminalLog
from tests.support import wait_for

SOME = 3 * KEPT


def test_what_nobody_reads_in_time_is_left_out_counted_and_holds_nothing_up() -> None:
    reading, writing = os.pipe()
    log = TerminalLog(writing)
    line = "x" * 200
    for _ in range(SOME):
        log.emit(logging.makeLogRecord({"msg": line}))
    os.set_blocking(reading, False)
    read = bytearray()

    def all_read() -> bool:
        with suppress(BlockingIOError):
            read.extend(os.read(reading, 65536))
        return b"lines left out, as nobody read; the log has them)\n" in read

    wait_for(all_read, "the end of what was kept")
    *whole, last = read.decode().splitlines()
    assert set(whole) == {line}
    assert last.startswith(f"({SOME - len(whole)} lines left out")
    log.close()
    os.close(reading)
    os.close(writing)


def test_a_reader_that_is_gone_is_no_trouble() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    log = TerminalLog(writing)
    log.emit(logging.makeLogRecord({"msg": "client connected"}))
    log.close()
    os.close(writing)
