"""Tab in a shell: bash, zsh and fish complete commands, options and cameras' names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.support import DEADLINE, RigOnDisk, free_ports, simulated

BASH = """
eval "$(pmv-tui completion bash)"
complete -p pmv-tui > /dev/null || exit 1
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
$(complete -p pmv-tui | sed 's/.*-F \\([^ ]*\\).*/\\1/') pmv-tui 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""

needs_fish = pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
needs_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")


@pytest.fixture(autouse=True)
def _on_the_path(rig: RigOnDisk) -> None:
    """Let shells find the pmv-tui of these tests, and a config in the current folder."""
    programs = Path(sys.executable).parent
    rig.environment["PATH"] = f"{programs}{os.pathsep}{rig.environment['PATH']}"
    ports = free_ports(4)
    rig.write_config(simulated("left", *ports[:2]) + simulated("right", *ports[2:]))


def run(rig: RigOnDisk, *command: str) -> list[str]:
    """Run a shell in the rig's folder; give its lines."""
    done = subprocess.run(
        command,
        env=rig.environment,
        cwd=rig.folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    return done.stdout.split()


def bash(rig: RigOnDisk, line: str) -> list[str]:
    """Press tab at the end of a line in bash."""
    return run(rig, "bash", "--norc", "-c", BASH, "bash", line)


def test_bash_completes_commands_options_and_choices(rig: RigOnDisk) -> None:
    assert {"status", "plug", "events", "add"} <= set(bash(rig, "pmv-tui "))
    assert bash(rig, "pmv-tui un") == ["unplug"]
    assert bash(rig, "pmv-tui events --f") == ["--follow"]
    assert bash(rig, "pmv-tui events --level ") == ["info", "warning", "error"]
    assert bash(rig, "pmv-tui set left expo") == ["exposure_time="]
    assert bash(rig, "pmv-tui check --config conf") == ["config.toml"]


def test_bash_completes_cameras_of_the_config_where_no_engine_runs(rig: RigOnDisk) -> None:
    assert bash(rig, "pmv-tui plug ") == ["left", "right", "all"]
    assert bash(rig, "pmv-tui settings ") == ["left", "right"]
    assert bash(rig, "pmv-tui serve --plug r") == ["right"]
    (rig.folder / "rig.png").touch()
    assert bash(rig, "pmv-tui snapshot left r") == ["right", "rig.png"]


def test_bash_completes_rigs_and_groups_of_the_list(rig: RigOnDisk) -> None:
    listed = rig.folder / "config" / "pmv-tui" / "rigs.toml"
    listed.parent.mkdir(parents=True)
    blocks = (f"[[rigs]]\nname = '{name}'\nhost = 'x'\ngroup = 'g'\n" for name in ("maze", "wheel"))
    listed.write_text("".join(blocks))
    assert bash(rig, "pmv-tui status --rig ") == ["maze", "wheel", "g", "all", "local"]
    assert bash(rig, "pmv-tui --rig w") == ["wheel"]
    assert bash(rig, "pmv-tui rigs remove m") == ["maze"]
    assert bash(rig, "pmv-tui --rig maze settings ") == [], "those of another machine"


def test_bash_completes_cameras_of_the_engine_that_runs(rig: RigOnDisk) -> None:
    with rig.serve():
        assert rig.run_here("set", "left", "name=nose").returncode == 0
        assert bash(rig, f"pmv-tui plug --config {rig.config_path} n") == ["nose"]
        assert bash(rig, "pmv-tui plug n") == ["nose"]


def test_a_broken_config_spoils_nothing_on_the_command_line(rig: RigOnDisk) -> None:
    rig.write_config("[[cameras]\n")
    assert bash(rig, "pmv-tui plug ") == ["all"]
    rig.write_config("cameras = 3\n")
    assert bash(rig, "pmv-tui settings ") == []


SHELL_COMMANDS = (
    *("x$(touch${IFS}pwned)", "x;touch pwned", "x`touch pwned`", "x>pwned"),
    *("x'\"\\y", "x&&touch pwned|z", "x!!", "x*"),
)
"""Names of cameras, each of which a shell that it were typed into would take for more."""


def test_a_name_that_a_shell_would_run_is_completed_as_a_word(rig: RigOnDisk) -> None:
    rig.write_config(
        "".join(
            f"[[cameras]]\nunique_id = '{number}-simulated'\nname = {json.dumps(name)}\n"
            for number, name in enumerate(SHELL_COMMANDS)
        )
    )
    typed = """for each in "${COMPREPLY[@]}"; do eval "printf '%s\\n' $each"; done >typed"""
    run(rig, "bash", "--norc", "-c", BASH + typed, "bash", "pmv-tui plug x")
    assert (rig.folder / "typed").read_text().splitlines() == list(SHELL_COMMANDS)
    assert not (rig.folder / "pwned").exists()


@needs_fish
def test_fish_completes(rig: RigOnDisk) -> None:
    script = "pmv-tui completion fish | source; complete -C "
    assert run(rig, "fish", "-c", f"{script} 'pmv-tui plug l'") == ["left"]
    assert run(rig, "fish", "-c", f"{script} 'pmv-tui events --lev'")[:1] == ["--level"]


@needs_zsh
def test_zsh_completes(rig: RigOnDisk) -> None:
    shell = pexpect.spawn(
        "zsh",
        ["-f", "-i"],
        env={**rig.environment, "PS1": "> ", "TERM": "dumb"},
        cwd=str(rig.folder),
        encoding="utf-8",
        timeout=DEADLINE,
    )
    try:
        shell.sendline('autoload -U compinit; compinit -D -u; eval "$(pmv-tui completion zsh)"')
        shell.sendline("echo re''ady")
        shell.expect("ready")
        shell.send("pmv-tui plug le\t")
        shell.expect("left")
        shell.send("; echo rig''ht\x15pmv-tui un\t")
        shell.expect("unplug")
    finally:
        shell.close(force=True)
