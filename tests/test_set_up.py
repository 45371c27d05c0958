"""The scripts that set the program up, run as on a machine where something is missing."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH with little more in it than a shell needs; no library is known."""
    for tool in ("dirname", "id"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    tool_in(tmp_path, "ldconfig", "exit 0")
    return tmp_path


def tool_in(folder: Path, name: str, script: str) -> None:
    tool = folder / name
    tool.unlink(missing_ok=True)
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def run(path: Path, script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT / "scripts" / script, *arguments],
        env={"PATH": str(path), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_right_to_install_the_line_to_type_is_printed(bare: Path) -> None:
    tool_in(bare, "apt-get", "exit 99")
    tool_in(bare, "id", "echo 1000")
    done = run(bare, "system-libraries", "test")
    packages = "libgl1 libglib2.0-0 libsm6 xvfb tmux zsh fish"
    # What is in /sbin, such as sshd, this machine may have or not.
    assert f"type: sudo apt-get install {packages}" in done.stderr
    assert " openssh-client" in done.stderr
    assert "the rest can" in done.stderr
    assert done.returncode == 0


def test_what_is_missing_and_only_that_is_installed_where_that_needs_no_asking(bare: Path) -> None:
    tool_in(bare, "ldconfig", "echo 'libGL.so.1 (libc6) libSM.so.6 (libc6)'")
    tool_in(bare, "id", "echo 1000")
    tool_in(bare, "sudo", '[ "$1" = -n ] || exec "$@"')
    tool_in(bare, "env", 'shift; exec "$@"')
    tool_in(bare, "apt-get", f'echo "$@" >> {bare}/calls')
    done = run(bare, "system-libraries", "run")
    update, install = (bare / "calls").read_text().splitlines()
    assert done.returncode == 0
    assert update.endswith(" update")
    assert "install --yes" in install
    assert install.endswith(" libglib2.0-0")


def test_an_installation_that_fails_is_reported_and_stops_nothing(bare: Path) -> None:
    tool_in(bare, "id", "echo 0")
    tool_in(bare, "env", 'shift; exec "$@"')
    tool_in(bare, "apt-get", "exit 100")
    done = run(bare, "system-libraries", "run")
    assert "could not install libgl1 libglib2.0-0 libsm6; type: apt-get install" in done.stderr
    assert done.returncode == 0


def test_a_system_without_apt_is_reported_what_is_missing(bare: Path) -> None:
    done = run(bare, "system-libraries", "run")
    assert "missing: libgl1 libglib2.0-0 libsm6" in done.stderr
    assert done.returncode == 0


def test_a_python_that_is_new_enough_is_found(bare: Path) -> None:
    (bare / "python3.11").symlink_to(sys.executable)
    tool_in(bare, "python3", "exit 1")
    assert run(bare, "find-python").stdout.strip() == str(bare / "python3.11")


def test_without_one_it_says_what_is_needed(bare: Path) -> None:
    done = run(bare, "find-python", PYTHON="python2")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; tried in vain: python2" in done.stderr


def test_aravis_that_cannot_be_installed_is_reported_and_stops_nothing(bare: Path) -> None:
    (bare / "basename").symlink_to("/usr/bin/basename")
    tool_in(bare, "apt-get", "exit 99")
    tool_in(bare, "id", "echo 1000")
    (bare / "bin").mkdir()
    # A Python without gi, and without what a C compiler needs of it.
    tool_in(bare / "bin", "python", '[ "${2#import gi}" = "$2" ] && echo /none/python3.11')
    done = run(bare, "aravis", str(bare))
    assert "type: sudo apt-get install gir1.2-aravis-0.8 aravis-tools" in done.stderr
    assert " libpython3.11-dev\n" in done.stderr
    assert "their tests are skipped" in done.stderr
    assert done.returncode == 0


def test_every_dependency_is_pinned_by_version_alone() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        needed += extra
    assert {normal(re.split(r"[<>=]", each)[0]) for each in needed} <= set(pinned())


def pinned() -> dict[str, str]:
    """Return the version of each package that constraints.txt names."""
    pins = (PROJECT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    return {normal(name): version for name, version in (pin.split("==") for pin in pins)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_scripts_can_be_run() -> None:
    scripts = [*(PROJECT / "scripts").iterdir(), PROJECT / ".ci" / "run"]
    assert [script.name for script in scripts if not os.access(script, os.X_OK)] == []


def test_what_is_installed_for_the_tests_is_what_is_pinned() -> None:
    # Of Python's own two and of this program there is no choice.
    there = {
        normal(each.name): each.version
        for each in distributions(path=[sysconfig.get_path("purelib")])
        if normal(each.name) not in ("pip", "setuptools", "pmv-tui")
    }
    pins = pinned()
    assert {name: version for name, version in there.items() if pins.get(name) != version} == {}
