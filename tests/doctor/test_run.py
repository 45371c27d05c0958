"""Whatever a check does, the others are reported in time."""

import threading
from collections.abc import Iterator
from pathlib import Path

from pmv_tui.doctor import Examined, Finding, ok
from pmv_tui.doctor.run import examine
from tests.doctor.machine import Machine

released = threading.Event()


def fit(examined: Examined) -> Iterator[Finding]:
    yield ok(str(examined.rig.config_path))


def broken(examined: Examined) -> Iterator[Finding]:
    yield ok("half way")
    raise ZeroDivisionError(f"no {examined.user}")


def hanging(_: Examined) -> Iterator[Finding]:
    released.wait()
    yield ok("too late")


def test_a_check_that_fails_or_hangs_is_reported_and_hides_no_other(tmp_path: Path) -> None:
    checks = [("hanging", hanging), ("broken", broken), ("fit", fit)]
    findings = examine(Machine(tmp_path).examined(), checks, limit=2)
    released.set()
    assert [(finding.check, finding.level) for finding in findings] == [
        ("hanging", "warning"),
        ("broken", "warning"),
        ("fit", "ok"),
    ]
    assert findings[0].found == "no answer within 2 s"
    assert findings[1].found == "this check failed: ZeroDivisionError: no me"
