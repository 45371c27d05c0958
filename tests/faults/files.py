"""Config files that are broken, cannot be read, or change underneath; disks that are full."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pmv_tui.client import subscribe
from pmv_tui.keys import Keys
from tests.faults.asked_rig import AskedRig
from tests.faults.fault import Fault, fault
from tests.faults.hanging import hanging_disk
from tests.faults.rig import FaultRig, Unavailable
from tests.faults.small_rig import small_rig
from tests.support import (
    DEADLINE,
    NUMBERED,
    SMALL,
    RigOnDisk,
    free_ports,
    simulated,
    steady,
    wait_for,
)
from tests.system.counting import counting

NO_OVERRIDE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Runs a program as a root that needs permissions, as everybody else does."""


def broken(rig: RigOnDisk) -> None:
    """Leave a bracket open."""
    rig.write_config("[socket_config\n")


def a_folder(rig: RigOnDisk) -> None:
    """Put a folder in the config's place."""
    rig.config_path.mkdir()


def circular(rig: RigOnDisk) -> None:
    """Put a link to itself in the config's place."""
    rig.config_path.symlink_to(rig.config_path.name)


def unreadable(rig: RigOnDisk) -> None:
    """Take away every permission."""
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        raise Unavailable("root reads everything, and setpriv, which could change that, is missing")
    rig.write_config("")
    rig.config_path.chmod(0)


def not_started(name: str, spoil: object, *words: str) -> Fault:
    """Make the fault of a config with which no engine starts."""
    assert callable(spoil)

    @fault(name)
    def steps(_rig: FaultRig) -> Iterator[str]:
        with small_rig() as other:
            spoil(other)
            command = other.command("serve")
            if os.getuid() == 0 and shutil.which("setpriv"):
                command = [*NO_OVERRIDE, *command]
            done = subprocess.run(
                command, env=other.environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 2, done
            assert all(word in done.stderr for word in words), done.stderr
            assert "Traceback" not in done.stderr
            yield done.stderr

    return steps


@fault("the config is changed underneath, then a setting")
def changed(rig: FaultRig) -> Iterator[str]:
    text = rig.config_path.read_text()
    rig.config_path.write_text(f"{text}# a note\n")
    try:
        yield refused(rig, "was changed since it was read")
        assert rig.config_path.read_text() == f"{text}# a note\n"
    finally:
        rig.config_path.write_text(text)
    assert rig.ask("set", camera="odd", changes={"fps": 25})["ok"]


@fault("the config becomes a folder, then a setting")
def replaced(rig: FaultRig) -> Iterator[str]:
    aside = rig.config_path.rename(rig.folder / "aside.toml")
    rig.config_path.mkdir()
    try:
        yield refused(rig, "not saved")
    finally:
        rig.config_path.rmdir()
        aside.rename(rig.config_path)
    assert rig.ask("set", camera="odd", changes={"fps": 25})["ok"]


@fault("the config is mounted as a single file, then a setting")
def mounted(rig: FaultRig) -> Iterator[str]:
    mount = ["mount", "--bind", str(rig.config_path), str(rig.config_path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"mounting a file needs root: {done.stderr.strip()}")
    text = rig.config_path.read_text()
    try:
        yield refused(rig, "mounted as a single file", "mount its folder instead")
        assert rig.now("odd")["pub_address"] == f"tcp://localhost:{rig.pub['odd']}"
        assert rig.config_path.read_text() == text
    finally:
        subprocess.run(["umount", str(rig.config_path)], check=True)


def refused(rig: FaultRig, *words: str) -> str:
    """Try a setting and an address; give what is said of the one, when both are refused."""
    pub, pull = free_ports(2)
    report = [
        rig.answer("set", camera="odd", changes={"fps": 90}),
        rig.answer(
            "addresses", camera="odd", pub=f"tcp://localhost:{pub}", pull=f"tcp://localhost:{pull}"
        ),
    ]
    for text in report:
        assert all(word in text for word in ("not changed", *words)), report
    return report[0]


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of 128 kB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"a small disk needs root: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill a disk to its last byte; give the file that does it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


@fault("the disk is full, then a setting and a log of it")
def full_disk(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other, small_disk(other.folder):
        pub, *ports = free_ports(4)
        other.write_config(
            NUMBERED + steady("lone", pub, ports[0]) + simulated("spare", *ports[1:], more=SMALL)
        )
        text = other.config_path.read_text()
        with other.serve("--plug-all"), counting(pub):
            filler = fill(other.folder)
            report = other.run("set", "lone", "fps=30").stdout
            assert "No space left" in report
            moved = [f"tcp://localhost:{port}" for port in free_ports(2)]
            assert "not changed" in other.run("addresses", "lone", *moved).stdout
            assert other.camera("lone")["pub_address"] == f"tcp://localhost:{pub}"
            assert other.config_path.read_text() == text, "all of it, or none"
            assert [path.name for path in other.folder.glob(".config*")] == []
            wait_for(lambda: log_more(other, "engine.log cannot be written"), "that to be reported")
            yield report
            filler.unlink()
            wait_for(lambda: log_more(other, "the log is written again"), "that to be reported")
            assert other.run("set", "lone", "fps=25").returncode == 0
            wait_for(lambda: other.camera("lone")["fps_wanted"] == 25, "the change")


def log_more(rig: AskedRig, words: str) -> bool:
    """Have the engine log something; return whether words are among what happened."""
    for _ in range(10):
        for command in ("pause", "resume"):
            rig.ask(command, camera="spare")
    return any(words in event["text"] for event in rig.ask("events", since=0)["events"])


@fault("the disk is full, then a start")
def full_at_start(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other, small_disk(other.folder):
        other.write_config(simulated("lone", *free_ports(2), more=SMALL))
        filler = fill(other.folder)
        done = other.run("serve")
        assert done.returncode == 1, done
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr
        yield done.stderr
        filler.unlink()
        with other.serve():
            pass


@fault("a link in a circle lies among the clients' keys, then a new client")
def unreadable_key(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config("[security]\ncurve = true\n" + steady("lone", pub, pull))
        keys = Keys(other.folder / "keys")
        secret = keys.make_client("alice")
        with other.serve("--plug-all"):
            (keys.clients_folder / "round.key").symlink_to("round.key")
            with subscribe(f"tcp://localhost:{pub}", timeout=DEADLINE, key=secret) as frames:
                next(frames)
            wait_for(lambda: "a key file is ignored" in other.said(), "that to be reported")
            (report,) = (
                line for line in other.said().splitlines() if "a key file is ignored" in line
            )
            yield report.partition("WARNING ")[2]


@fault("the config is on a disk that hangs, then a setting")
def hanging(rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        other.config_path = other.folder / "share" / "config.toml"
        other.config_path.parent.mkdir()
        pub, pull = free_ports(2)
        other.write_config(NUMBERED + steady("lone", pub, pull))
        with other.serve("--plug-all") as engine:
            with counting(pub, gaps=True) as images:
                with hanging_disk(other.config_path.parent):
                    if rig.full:
                        # First: who looks for a name that another process waits for is not to be
                        # killed, so a command would say this, and not end.
                        assert "did not answer within" in other.run("status").stderr
                    before = len(images)
                    report = other.answer("set", camera="lone", changes={"fps": 3})
                    assert len(images) > before + 5, "images go on while the disk hangs"
                    assert "did not answer within" in report
                yield report
                assert other.ask("set", camera="lone", changes={"gain": 4})["ok"]
            with hanging_disk(other.config_path.parent):
                assert not other.ask("set", camera="lone", changes={"fps": 3})["ok"]
                engine.terminate()
                assert engine.wait(20) == 0, "its end waits for no disk"
        text = other.config_path.read_text()
        assert ("gain = 4" in text, "fps = 3" in text) == (True, False)


FAULTS = (
    not_started("the config is broken", broken, "config.toml:1:"),
    not_started("the config is a link in a circle", circular, "config.toml", "round in a circle"),
    not_started("the config is a folder", a_folder, "config.toml", "folder"),
    not_started("the config cannot be read", unreadable, "config.toml", "Permission denied"),
    *(changed, replaced, mounted, hanging, full_disk, full_at_start, unreadable_key),
)
