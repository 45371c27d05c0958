"""`pmv-tui doctor` on this machine, whatever is wrong with the rig."""

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for
from tests.system.fake_cameras import install, set_mood
from tests.system.unhurried import UNHURRIED
from tests.viewer.screen import screen


def doctor(rig: RigOnDisk, code: int, *, apart: bool = False) -> list[dict[str, Any]]:
    """Run it, in a process of its own where it matters; give what it found."""
    rig.environment.pop("DISPLAY", None)
    done = (rig.run if apart else rig.run_here)("doctor", "--json")
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["config"] == str(rig.config_path)
    assert report["fit"] is (code == 0)
    findings: list[dict[str, Any]] = report["findings"]
    return findings


def texts(findings: list[dict[str, Any]], check: str, level: str) -> str:
    """Return what a check found at a level."""
    return "\n".join(
        f"{each['found']} -> {each['remedy']}"
        for each in findings
        if (each["check"], each["level"]) == (check, level)
    )


def unhurried(rig: RigOnDisk, folder: Path) -> None:
    """Give a rig that doctor; whatever else the folder holds is found too."""
    (folder / "sitecustomize.py").write_text(UNHURRIED)
    rig.add_modules(folder)


def reported(rig: RigOnDisk, *wanted: tuple[str, str, str]) -> str:
    """Ask until all is reported; a busy machine may take longer than the doctor waits.

    Parameters
    ----------
    wanted : check, level and words of each; what the first one reported is returned.
    """

    def found() -> str:
        findings = json.loads(rig.run("doctor", "--json").stdout)["findings"]
        given = [texts(findings, check, level) for check, level, _ in wanted]
        return (
            given[0]
            if all(each[2] in text for each, text in zip(wanted, given, strict=True))
            else ""
        )

    return wait_for(found, f"{wanted} to be reported")


@pytest.fixture
def ports(rig: RigOnDisk) -> list[int]:
    """Write a rig of one simulated camera."""
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    return [pub, pull]


def test_a_fit_rig_is_reported_with_every_check(rig: RigOnDisk, ports: list[int]) -> None:
    rig.search_everywhere()
    findings = doctor(rig, 0)
    assert {each["check"] for each in findings} == {
        *("config", "engine", "cameras", "ports", "bandwidth", "usb", "network", "limits"),
        *("clock", "storage", "session", "display", "terminal", "libraries"),
    }
    assert f"free: tcp://localhost:{ports[0]}" in texts(findings, "ports", "ok")
    assert "no engine runs" in texts(findings, "engine", "note")
    assert "DISPLAY is not set" in texts(findings, "display", "note")
    assert not (rig.folder / "state").exists()


def test_what_cannot_be_listened_at_is_an_error_that_says_why(
    rig: RigOnDisk, ports: list[int]
) -> None:
    (notes := rig.folder / "notes").write_text("")
    text = rig.config_path.read_text().replace(f"tcp://localhost:{ports[0]}", f"ipc://{notes}")
    rig.write_config(text)
    with socket.create_server(("127.0.0.1", ports[1])):
        text = texts(doctor(rig, 1, apart=True), "ports", "error")
    assert f"tcp://localhost:{ports[1]} is in use by" in text
    assert f"(pid {os.getpid()})" in text
    assert f"ipc://{notes}: there is a file that is no socket" in text
    assert notes.exists()


def test_an_address_open_to_anybody_is_warned_of_unless_keys_are_asked_for(
    rig: RigOnDisk, ports: list[int]
) -> None:
    text = rig.config_path.read_text().replace("localhost", "127.0.0.1", 1)
    rig.write_config(text.replace(f"127.0.0.1:{ports[0]}", f"*:{ports[0]}"))
    assert "can be reached from other machines" in texts(doctor(rig, 0), "ports", "warning")
    rig.write_config(f"[security]\ncurve = true\n{rig.config_path.read_text()}")
    assert "key" in texts(doctor(rig, 1), "config", "error")
    assert rig.run_here("keys", "new", "alice").returncode == 0
    assert texts(doctor(rig, 0), "ports", "warning") == ""


def test_ports_held_by_the_rigs_own_engine_are_in_order(rig: RigOnDisk, ports: list[int]) -> None:
    with rig.serve("--plug-all") as engine:
        findings = doctor(rig, 0)
    assert f"tcp://localhost:{ports[1]}" in texts(findings, "ports", "ok")
    assert f"runs, pid {engine.pid}" in texts(findings, "engine", "ok")


def test_every_mistake_in_the_config_is_an_error_and_the_rest_is_reported(rig: RigOnDisk) -> None:
    rig.write_config('colour = 1\n[[cameras]]\nunique_id = "left-simulated"\nfps = -1\n')
    findings = doctor(rig, 1)
    assert "unknown key colour" in texts(findings, "config", "error")
    assert "config.toml:4: cameras[left-simulated].fps" in texts(findings, "config", "error")
    assert "libzmq" in texts(findings, "libraries", "ok")


def test_a_config_that_is_a_folder_or_not_there_is_an_error(rig: RigOnDisk) -> None:
    rig.config_path.mkdir()
    assert "is a folder" in texts(doctor(rig, 1), "config", "error")
    rig.config_path.rmdir()
    assert "there is no such file" in texts(doctor(rig, 1), "config", "error")


def test_cameras_that_are_listed_and_not_there_are_errors(rig: RigOnDisk) -> None:
    rig.search_with("basler")
    rig.write_config(
        '[[cameras]]\nunique_id = "1-basler"\nname = "top"\n'
        '[[cameras]]\nunique_id = "2-opencv"\nsource = "no.mp4"\n'
        '[[cameras]]\nunique_id = "3-frobnicator"\n'
    )
    unhurried(rig, rig.folder)
    text = reported(rig, ("cameras", "error", "top (1-basler) is listed and not connected"))
    assert f"there is no {rig.folder / 'no.mp4'}" in text
    assert "no camera back end 'frobnicator'" in text


def test_an_sdk_that_crashes_or_hangs_in_the_search_is_reported(
    rig: RigOnDisk, ports: list[int]
) -> None:
    install(rig)
    set_mood(rig, "search", "crash")
    site = rig.folder / "site"
    unhurried(rig, site)
    reported(rig, ("cameras", "warning", "signal 6"))
    (site / "sitecustomize.py").unlink()
    set_mood(rig, "search", "hang")
    findings = doctor(rig, 0, apart=True)
    # By the search's own limit; on a busy machine by that of all checks, 4.6 s.
    assert "no answer within 4" in texts(findings, "cameras", "warning")
    assert f"free: tcp://localhost:{ports[0]}" in texts(findings, "ports", "ok")


def test_a_display_that_is_not_there_is_reported(rig: RigOnDisk, ports: list[int]) -> None:
    pytest.importorskip("cv2", exc_type=ImportError)
    unhurried(rig, rig.folder)
    rig.environment["DISPLAY"] = f":{ports[0]}"
    reported(rig, ("display", "warning", f"cannot connect to :{ports[0]}"))


def test_a_display_is_tried_without_a_window_and_one_that_hangs_is_reported(
    rig: RigOnDisk, ports: list[int]
) -> None:
    pytest.importorskip("cv2", exc_type=ImportError)
    with screen() as display:
        rig.environment["DISPLAY"] = display.name
        unhurried(rig, rig.folder)
        reported(rig, ("display", "ok", "windows can be shown"))
        (rig.folder / "sitecustomize.py").unlink()
        assert display.titles() == []
        with display.frozen():
            hangs = ("display", "warning", f"the display {display.name} hangs")
            reported(rig, hangs, ("ports", "ok", f"free: tcp://localhost:{ports[0]}"))


def test_an_engine_of_another_version_is_reported_by_every_command(
    rig: RigOnDisk, ports: list[int]
) -> None:
    del ports
    older = "import pmv_tui.wire.status as messages\nmessages.PROTOCOL_VERSION -= 1\n"
    (rig.folder / "sitecustomize.py").write_text(older)
    rig.add_modules(rig.folder)
    with rig.serve() as engine:
        (rig.folder / "sitecustomize.py").unlink()
        error = texts(doctor(rig, 1), "engine", "error")
        for words in ("which this pmv-tui does not understand", "-> pmv-tui stop ends it"):
            assert words in error
        done = rig.run_here("status")
        assert done.returncode == 1
        assert "does not understand: pmv-tui stop ends it, then start again" in done.stderr
        assert rig.run_here("stop").returncode == 0
        assert engine.wait(DEADLINE) == 0


def test_too_few_open_files_are_an_error(rig: RigOnDisk, ports: list[int]) -> None:
    command = shlex.join(rig.command("doctor", "--json"))
    done = subprocess.run(
        ["sh", "-c", f"ulimit -n 60; exec {command}"],
        env=rig.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.returncode == 1
    findings = json.loads(done.stdout)["findings"]
    assert "60 open files are allowed" in texts(findings, "limits", "error")
    assert f"free: tcp://localhost:{ports[0]}" in texts(findings, "ports", "ok")


def test_a_person_reads_what_to_do_below_what_is_wrong(rig: RigOnDisk, ports: list[int]) -> None:
    with socket.create_server(("127.0.0.1", ports[0])):
        process = pexpect.spawn(
            sys.executable,
            rig.command("doctor")[1:],
            env={**rig.environment, "TERM": "dumb"},
            cwd=str(rig.folder),
            dimensions=(20, 70),
            encoding="utf-8",
            timeout=DEADLINE,
        )
        process.expect(r"ERROR    ports      tcp://localhost:\d+ is in use by.*\r\n {20}→ end it")
        process.expect("WARNING  terminal   the terminal has 70x20 characters")
        process.expect("WARNING  terminal   TERM is dumb")
        process.expect(r"1 error, \d warnings?\r\n")
        process.expect(pexpect.EOF)
        process.close()
    assert process.exitstatus == 1
