"""The log on a disk that is full: reported in words, and no traceback for each record."""

import logging
from pathlib import Path

import pytest

from pmv_tui.engine.log import LogFile
from tests.support import full_disk


def record() -> logging.LogRecord:
    return logging.makeLogRecord({"msg": "a client of the left camera came"})


def test_a_full_disk_is_reported_until_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "engine.log"
    log = LogFile(path)
    with full_disk():
        log.emit(record())
        assert log.trouble == f"{path} cannot be written: File too large; make room"
    log.emit(record())
    assert log.trouble == ""
    assert path.read_text().endswith("a client of the left camera came\n")
    assert capsys.readouterr().err == ""
    log.close()


def test_a_disk_that_stays_full_does_not_spoil_the_end() -> None:
    log = LogFile(Path("/dev/full"))
    log.emit(record())
    assert "No space left on device" in log.trouble
    log.close()
