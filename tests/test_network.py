"""What programs are called that have a connection: those that run are asked about."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pmv_tui.network import holder
from tests.support import wait_for

PYTHON = Path(sys.executable).name
WAIT = "import sys; sys.stdin.read()"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("SCRIPT --camera left", "loop.py"),
        ("-X dev -W error -u SCRIPT left", "loop.py"),
        ("-Wignore -Xdev SCRIPT", "loop.py"),
        ("-c CODE", "-c"),
        ("-X dev -uc CODE left.py", "-c"),
        ("-um code", "-m code"),
        ("-", "-"),
    ],
)
def test_a_python_is_named_by_what_it_runs(arguments: str, what: str, tmp_path: Path) -> None:
    script = tmp_path / "loop.py"
    script.write_text(WAIT)
    words = {"SCRIPT": str(script), "CODE": WAIT}
    line = [sys.executable, *(words.get(each, each) for each in arguments.split())]
    assert program_of(line) == f"{PYTHON} {what}"


def test_a_shell_is_named_by_its_script_and_not_by_code(tmp_path: Path) -> None:
    assert program_of(["/bin/sh", "-c", "read line; exit 0"]) == "sh -c"
    script = tmp_path / "run all.sh"
    script.write_text("read line\n")
    assert program_of(["/bin/sh", "-e", str(script)]) == "sh run all.sh"


def program_of(line: list[str]) -> str:
    """Run a program that waits for its input to end, and give it its name."""
    with subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: psutil.Process(process.pid).cmdline() == line, "the program to run")
            return holder(process.pid).program
        finally:
            process.kill()
