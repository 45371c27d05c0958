"""Limits, clock, storage, session and terminal, on machines that are files."""

import os
from pathlib import Path

import pytest

from pmv_tui.control.rig import Rig
from pmv_tui.doctor import Examined
from pmv_tui.doctor.machine import (
    SOURCE,
    check_clock,
    check_memory,
    check_processors,
    check_session,
    check_storage,
    check_terminal,
)
from pmv_tui.doctor.rig import check_config_file
from tests.doctor.machine import Machine, Report


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_config_that_cannot_be_saved_is_warned_of(machine: Machine) -> None:
    machine.write_file("config.toml", "")
    assert machine.ask(check_config_file).levels == {"ok"}
    (machine.folder / "other.toml").hardlink_to(machine.folder / "config.toml")
    warned = machine.ask(check_config_file).at("warning")
    assert "settings cannot be saved" in warned
    assert "one of 2 hard links to one file" in warned


@pytest.mark.parametrize(
    ("driver", "levels"), [("acpi-cpufreq", {"ok", "warning"}), ("intel_pstate", {"ok"})]
)
def test_processors_held_at_their_lowest_speed_are_warned_of(
    machine: Machine, driver: str, levels: set[str]
) -> None:
    policy = "sys/devices/system/cpu/cpu0/cpufreq"
    machine.write_file(f"{policy}/scaling_governor", "powersave")
    machine.write_file(f"{policy}/scaling_driver", driver)
    assert machine.ask(check_processors).levels == levels


def test_little_memory_and_too_many_cameras_are_warned_of(machine: Machine) -> None:
    machine.write(proc__meminfo="MemTotal: 8000000 kB\nMemAvailable:   200000 kB")
    for number in range(2 * len(os.sched_getaffinity(0)) + 1):
        machine.add(f"{number}-simulated", "")
    assert "200 MB of memory are available" in machine.ask(check_memory).at("warning")
    assert "cameras on" in machine.ask(check_processors).at("warning")


@pytest.mark.parametrize(("source", "levels"), [("hpet", {"warning"}), ("tsc", set())])
def test_a_slow_clock_source_is_warned_of(machine: Machine, source: str, levels: set[str]) -> None:
    machine.write_file(SOURCE, source)
    report = machine.ask(check_clock)
    assert report.levels - {"ok", "note"} == levels
    assert source in report.at("warning") + report.at("ok")


def test_a_state_folder_on_a_network_file_system_is_warned_of(machine: Machine) -> None:
    machine.write(proc__self__mounts=f"/dev/sda / ext4 rw\nserver:/home {machine.folder} nfs4 rw")
    assert "network file system (nfs4)" in machine.ask(check_storage).at("warning")
    machine.write(proc__self__mounts=f"server:/ / nfs4 rw\n/dev/sda {machine.folder} ext4 rw")
    assert machine.ask(check_storage).levels == {"ok"}


def test_a_state_folder_too_deep_for_a_socket_is_an_error(machine: Machine) -> None:
    examined = machine.examined()
    deep = Examined(
        Rig(machine.folder / "config.toml", machine.folder / ("x" * 99)),
        examined.config,
        [],
        examined.search,
    )
    assert "too long for a socket" in Report(list(check_storage(deep))).at("error")


@pytest.mark.parametrize(
    ("files", "user", "killed"),
    [
        ({}, "me", False),
        ({"etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes"}, "me", False),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses=yes"}, "me", True),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses=yes"}, "root", False),
        ({"usr/lib/systemd/logind.conf.d/9.conf": "KillUserProcesses = yes"}, "me", True),
        (
            {
                "etc/systemd/logind.conf": "KillUserProcesses=yes",
                "etc/systemd/logind.conf.d/9.conf": "KillUserProcesses=no",
            },
            "me",
            False,
        ),
    ],
)
def test_a_log_out_that_kills_the_engine_is_warned_of(
    machine: Machine, files: dict[str, str], user: str, killed: bool
) -> None:
    for path, text in files.items():
        machine.write_file(path, text)
    machine.more["user"] = user
    assert machine.ask(check_session).levels == ({"warning"} if killed else {"ok"})


def test_where_engines_may_linger_only_the_way_to_start_one_is_reported(machine: Machine) -> None:
    machine.write_file("etc/systemd/logind.conf", "KillUserProcesses=yes")
    assert "enable-linger me" in machine.ask(check_session).at("warning")
    machine.write_file("var/lib/systemd/linger/me", "")
    warning = machine.ask(check_session).at("warning")
    assert "enable-linger" not in warning
    assert "systemd-run --user pmv-tui serve" in warning


@pytest.mark.parametrize(
    ("environment", "size", "level", "words"),
    [
        ({"TERM": "xterm-256color"}, (80, 24), "ok", "256 colours"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, (80, 24), "ok", "all colours"),
        ({"TERM": "xterm-256color"}, (79, 24), "warning", "79x24"),
        ({"TERM": "dumb"}, (80, 24), "warning", "TERM is dumb"),
        ({}, (80, 24), "warning", "TERM is not set"),
        ({"TERM": "vt100"}, (80, 24), "note", "16 colours (vt100)"),
        ({"TERM": "screen", "TMUX": "1"}, (80, 24), "note", "tmux-256color"),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, (80, 24), "warning", "not UTF-8"),
        ({"TERM": "xterm", "LANG": "C"}, (80, 24), "warning", "keeps to ASCII"),
        ({"TERM": "xterm"}, (80, 24), "warning", "no locale is set"),
        ({"LC_ALL": "C.UTF-8", "LANG": "de_DE@euro"}, None, "note", "no terminal"),
    ],
)
def test_a_terminal_is_reported_by_size_colours_and_letters(
    machine: Machine,
    environment: dict[str, str],
    size: tuple[int, int] | None,
    level: str,
    words: str,
) -> None:
    machine.more |= {
        "environment": environment,
        "terminal": size and os.terminal_size(size),
    }
    assert words in machine.ask(check_terminal).at(level)
