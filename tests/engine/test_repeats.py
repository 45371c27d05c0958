"""Tracebacks that repeat themselves: written once, then counted."""

import logging
import time
from collections.abc import Iterator

import pytest

from pmv_tui.engine.log import PERIOD, RepeatedTracebacks


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger, repeats = logging.getLogger("tests.repeats"), RepeatedTracebacks()
    logger.addFilter(repeats)
    yield logger
    logger.removeFilter(repeats)


def fail(log: logging.Logger, reason: str) -> None:
    try:
        int(reason)
    except ValueError:
        log.exception("left: it failed")


def test_a_traceback_is_written_once_and_then_counted_once_a_minute(
    log: logging.Logger, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        fail(log, f"try {number}")
    (first,) = caplog.records
    assert first.exc_info
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + PERIOD)
    fail(log, "the last")
    again = caplog.records[1]
    assert not again.exc_info
    assert again.getMessage().startswith("left: it failed: ValueError(")
    assert "100 times since" in again.getMessage()


def test_another_failure_is_written_whole_and_what_has_no_traceback_always(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    fail(log, "one")
    for _ in range(2):
        log.warning("a line")
    try:
        next(iter(()))
    except StopIteration:
        log.exception("left: it failed")
    assert [bool(record.exc_info) for record in caplog.records] == [True, False, False, True]
