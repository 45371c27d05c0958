"""Every command, whatever it is started in, ends in a sentence and a documented exit code."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmv_tui.cli.grammar import DONE, INTERRUPTED, NOT_DONE, WRONG
from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for
from tests.system.surroundings import Ending, Run, every_command

OPEN, CLOSED, FULL = "open", "closed", "full"

STREAMS = {
    "nothing odd": [OPEN, OPEN, OPEN],
    "stdout closed": [OPEN, CLOSED, OPEN],
    "stderr closed": [OPEN, OPEN, CLOSED],
    "all closed": [CLOSED, CLOSED, CLOSED],
    "stdout full": [OPEN, FULL, OPEN],
    "stderr full": [OPEN, OPEN, FULL],
}

SOME = (
    "all closed",
    "stdout full",
    "a link that leads to itself",
    "paths that are no UTF-8",
)
LONG = {"doctor": SOME, "cameras": SOME}
"""Commands that start processes of their own, and the surroundings that are enough for them."""

NO_SDK = "raise ImportError('left out of this test')\n"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with config files that lead nowhere, deep down, or have a name that is no UTF-8."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "loop.toml").symlink_to("loop.toml")
    (folder / "deep.toml").write_text(f"a = {'[' * 494}{']' * 494}\n")
    (folder / "plain.toml").write_text(simulated("left", *free_ports(2)))
    latin = folder / os.fsdecode(b"caf\xe9")
    latin.mkdir()
    shutil.copy(folder / "plain.toml", latin / "config.toml")
    for module in ("pypylon", "gi"):
        (folder / f"{module}.py").write_text(NO_SDK)
    return folder


def surroundings(folder: Path) -> Iterator[tuple[str, str, list[str], dict[str, str | None]]]:
    """Name each kind, with its config file, its streams and what is set in the environment."""
    nowhere: dict[str, str | None] = {"HOME": None, "XDG_STATE_HOME": None, "XDG_CONFIG_HOME": None}
    latin = str(folder / os.fsdecode(b"caf\xe9"))
    plain = str(folder / "plain.toml")
    for name, streams in STREAMS.items():
        yield name, plain, streams, {}
    as_usual = STREAMS["nothing odd"]
    yield "a link that leads to itself", str(folder / "loop.toml"), as_usual, {}
    yield "nested 494 deep", str(folder / "deep.toml"), as_usual, {}
    yield "paths that are no UTF-8", f"{latin}/config.toml", as_usual, {"XDG_STATE_HOME": latin}
    nonsense = {"COLUMNS": "abc", "LINES": "-1", "LC_ALL": "xx_YY.none", "TERM": "no such"}
    yield "an environment of nonsense", plain, as_usual, {**nowhere, "HOME": "", **nonsense}


def run_all(rig: RigOnDisk, odd: Path, runs: list[Run]) -> list[Ending]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.system.surroundings"],
        input=json.dumps(runs),
        env={**rig.environment, "PYTHONPATH": f"{odd}:{Path.cwd()}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    endings: list[Ending] = json.loads(done.stdout)
    return endings


@pytest.mark.timeout(600)
def test_every_command_ends_in_order_in_whatever_surroundings(rig: RigOnDisk, odd: Path) -> None:
    named: list[tuple[str, Run]] = [
        (
            f"{name}: {' '.join(arguments)}",
            {
                "arguments": [*arguments, "--config", config],
                "streams": streams,
                "environment": environment,
            },
        )
        for name, config, streams, environment in surroundings(odd)
        for arguments in every_command()
        if arguments != ["serve"]  # it does not end by itself
        if not arguments or name in LONG.get(arguments[0], [name])
    ]
    endings = run_all(rig, odd, [run for _, run in named])
    for (name, run), ending in zip(named, endings, strict=True):
        assert ending["code"] in (DONE, NOT_DONE, WRONG, INTERRUPTED), (name, ending)
        assert "Traceback" not in ending["out"] + ending["err"], (name, ending)
        if ending["code"] and run["streams"][1:] == [OPEN, OPEN]:
            assert ending["err"].startswith(("pmv-tui: ", "usage: ")) or ending["out"], name


def test_output_that_cannot_be_written_is_reported(rig: RigOnDisk) -> None:
    rig.write_config("")
    for streams, code, said in (
        (">/dev/full", 1, "pmv-tui: the output cannot be written: No space left on device\n"),
        (">&-", 0, ""),
        ("2>/dev/full", 0, f"{rig.config_path}\n"),
    ):
        done = in_shell(rig, "config path", streams)
        assert (done.returncode, done.stdout + done.stderr) == (code, said), streams


def test_an_engine_without_standard_streams_serves_as_any_other(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with subprocess.Popen(shell(rig, "serve", "<&- >&- 2>&-"), env=rig.environment) as engine:
        try:
            wait_for(rig.serving, "the engine to answer")
            assert engine.poll() is None
            assert rig.run("stop").returncode == 0
            assert engine.wait(DEADLINE) == 0
        finally:
            engine.kill()


def test_a_user_without_a_home_is_reported_what_to_set(rig: RigOnDisk) -> None:
    if os.getuid() or shutil.which("setpriv") is None:
        pytest.skip("only root with setpriv can become a user that the system does not list")
    rig.write_config("")
    rig.folder.chmod(0o755)
    nobody = ["setpriv", "--reuid=54321", "--clear-groups", *rig.command("status")]
    homeless = {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"}
    environment = {key: value for key, value in rig.environment.items() if key not in homeless}
    done = subprocess.run(nobody, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert done.stderr.startswith("pmv-tui: this user has no home folder")
    assert "set XDG_STATE_HOME" in done.stderr


def shell(rig: RigOnDisk, command: str, streams: str) -> list[str]:
    """Return the words that have a shell run a command on its rig, with its streams redirected."""
    line = shlex.join(rig.command(*command.split()))
    return ["bash", "-c", f"exec {line} {streams}"]


def in_shell(rig: RigOnDisk, command: str, streams: str) -> "subprocess.CompletedProcess[str]":
    """Run such a command to its end."""
    return subprocess.run(
        shell(rig, command, streams),
        env={key: value for key, value in rig.environment.items() if key != "PYTHONUNBUFFERED"},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
