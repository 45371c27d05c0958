"""The rig's folder: whose it is, who holds its lock, and what other users can do with it."""

import errno
import fcntl
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from pmv_tui.control.rig import Rig, RigError
from tests.support import DEADLINE, RigOnDisk, free_ports, rig_on_disk, simulated, wait_for

NOBODY = 65534

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")

# Imports first: the other user may not be able to read where Python is installed.
INTRUDER = """
import os, socket, sys, zmq
folder, pid = sys.argv[1], int(sys.argv[2])
os.setgroups([])
os.setgid(65534)
os.setuid(65534)

def attempt(what, act):
    try:
        act()
    except PermissionError:
        print(what, "refused")
    else:
        print(what, "DONE")

attempt("listing", lambda: os.listdir(folder))
attempt("reading the log", lambda: open(f"{folder}/engine.log").read())
attempt("the control socket", lambda: socket.socket(socket.AF_UNIX).connect(f"{folder}/control"))
attempt("removing the lock", lambda: os.unlink(f"{folder}/lock"))
attempt("a signal", lambda: os.kill(pid, 15))
"""


@pytest.fixture
def own(tmp_path: Path) -> Rig:
    """A rig's files, of which none exists yet."""
    return Rig(tmp_path / "config.toml", tmp_path / "pmv-tui" / "rig")


def folder_of(rig: RigOnDisk) -> Path:
    (folder,) = (rig.folder / "state" / "pmv-tui").iterdir()
    return folder


def test_its_folders_are_made_for_this_user_alone(own: Rig) -> None:
    own.make_folder()
    for folder in (own.folder, own.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_folders_that_others_can_look_into_are_closed_to_them(own: Rig) -> None:
    own.folder.mkdir(parents=True)
    for folder in (own.folder, own.folder.parent):
        folder.chmod(0o755)
    own.make_folder()
    for folder in (own.folder, own.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("which", [lambda own: own.folder, lambda own: own.folder.parent])
def test_a_folder_that_others_can_write_to_is_refused(
    own: Rig, which: Callable[[Rig], Path]
) -> None:
    own.folder.mkdir(parents=True)
    which(own).chmod(0o777)
    for attempt in (own.make_folder, own.engine_runs):
        with pytest.raises(RigError, match=f"{which(own)} can be written to by others"):
            attempt()


@pytest.mark.parametrize("command", ["status", "stop", "events", "serve", "doctor"])
def test_every_command_says_in_words_that_the_folder_is_not_to_be_trusted(
    rig: RigOnDisk, command: str
) -> None:
    rig.write_config("")
    folder = rig.folder / "state" / "pmv-tui"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    done = (rig.run if command in ("serve", "doctor") else rig.run_here)(command)
    assert done.returncode == 1
    assert f"{folder} can be written to by others" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@as_root
def test_a_folder_or_a_link_of_somebody_else_is_refused(own: Rig, tmp_path: Path) -> None:
    own.folder.mkdir(parents=True)
    os.chown(own.folder, NOBODY, NOBODY)
    for attempt in (own.make_folder, own.engine_runs):
        with pytest.raises(RigError, match=r"belongs to .*, not to root; run this as"):
            attempt()
    own.folder.rmdir()
    mine = tmp_path / "mine"
    mine.mkdir()
    own.folder.symlink_to(mine)
    own.make_folder()
    os.lchown(own.folder, NOBODY, NOBODY)
    with pytest.raises(RigError, match=r"belongs to .*, not to root; run this as"):
        own.make_folder()


def test_a_lock_that_leads_elsewhere_is_refused_and_what_it_leads_to_is_kept(own: Rig) -> None:
    own.make_folder()
    precious = own.folder.parent / "precious"
    precious.write_text("kept")
    own.lock_path.symlink_to(precious)
    with pytest.raises(RigError, match=r"lock: .*; remove it"):
        own.lock()
    assert precious.read_text() == "kept"


def test_one_lock_is_held_by_one_and_a_look_at_it_is_no_obstacle(
    own: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.make_folder()
    own.lock_path.touch()
    with own.lock_path.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        with monkeypatch.context() as patch:  # a busy machine lets go late
            patch.setattr("pmv_tui.control.rig.LOCK_PATIENCE", DEADLINE)
            held = own.lock()
    assert held is not None
    assert own.engine_runs()
    assert own.lock() is None
    os.close(held)
    assert not own.engine_runs()


def test_a_full_disk_does_not_spoil_an_orderly_end(own: Rig) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    own.unlock(full, "asked to stop")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(full)


def test_a_socket_that_nobody_listens_at_is_no_engine(own: Rig) -> None:
    own.make_folder()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(own.socket_path))
    assert not own.engine_runs()
    held = own.lock()
    assert held is not None
    os.close(held)


def test_an_engine_whose_lock_was_removed_is_still_the_only_one(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve() as engine:
        (folder_of(rig) / "lock").unlink()
        second = rig.run("serve")
        assert second.returncode == 1
        assert f"already runs (pid {engine.pid})" in second.stderr
        assert rig.camera("left")["state"] == "capturing"
        assert rig.run_here("stop").returncode == 0
        assert engine.wait(DEADLINE) == 0


def test_of_engines_started_at_once_one_runs(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    engines = [
        subprocess.Popen(
            rig.command("serve"), env=rig.environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    wait_for(lambda: sum(each.poll() is None for each in engines) == 1, "all but one to end")
    wait_for(rig.serving, "the one to answer")
    (running,) = (each for each in engines if each.poll() is None)
    for each in engines:
        if each is not running:
            _, errors = each.communicate()
            assert each.returncode == 1
            assert f"pid {running.pid}" in errors
    assert rig.status()["engine"]["pid"] == running.pid
    running.terminate()
    _, errors = running.communicate(timeout=DEADLINE)
    assert running.returncode == 0, errors


class Served(NamedTuple):
    """A rig whose engine runs, and that engine's process id."""

    rig: RigOnDisk
    pid: int


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with rig_on_disk() as rig:
        rig.write_config(simulated("left", *free_ports(2)))
        with rig.serve() as engine:
            yield Served(rig, engine.pid)


@contextmanager
def opened(*paths: Path, mode: int = 0o755) -> Iterator[None]:
    """Give paths other permissions while a block lasts."""
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path in paths:
        path.chmod(mode)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(before[path])


def test_what_the_engine_writes_is_for_its_user_alone(served: Served) -> None:
    files = {each.name: each.stat().st_mode for each in folder_of(served.rig).iterdir()}
    assert {"control", "lock", "engine.log"} <= set(files)
    assert not any(mode & 0o077 for mode in files.values()), files


@as_root
def test_another_user_can_neither_look_nor_stop_the_engine(served: Served) -> None:
    rig, pid = served
    folder = folder_of(rig)
    # The way there is open: nothing but the program's own folders is in it.
    with opened(rig.folder, rig.folder / "state"):
        command = [sys.executable, "-c", INTRUDER, str(folder), str(pid)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["refused"] * 5
    wait_for(lambda: rig.camera("left")["state"] == "capturing", "it to capture, as before")


@as_root
def test_another_user_gets_no_answer_even_where_the_folders_were_opened(served: Served) -> None:
    script = (
        "import os, sys, zmq\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "asking = zmq.Context().socket(zmq.REQ)\n"
        "asking.linger = 0\n"
        "asking.connect('ipc://' + sys.argv[1])\n"
        "asking.send(bytes.fromhex('81a7636f6d6d616e64a473746f70'))\n"
        "print(asking.poll(1000))\n"
    )
    rig, pid = served
    folder = folder_of(rig)
    with (
        opened(rig.folder, rig.folder / "state", folder.parent, folder),
        opened(folder / "control", mode=0o777),
    ):
        command = [sys.executable, "-c", script, str(folder / "control")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
    assert psutil.Process(pid).is_running()
    wait_for(lambda: rig.camera("left")["state"] == "capturing", "it to capture, as before")


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_folder_without_locks_is_reported_and_one_engine_runs_nevertheless(
    rig: RigOnDisk,
) -> None:
    library = rig.folder / "nolocks.so"
    source = f"int flock(int fd, int how) {{ *__errno_location() = {errno.ENOLCK}; return -1; }}"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-include", "errno.h", "-o", str(library), "-"]
    subprocess.run(command, input=source, text=True, check=True)
    rig.environment["LD_PRELOAD"] = str(library)
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve() as engine:
        second = rig.run("serve")
        assert (second.returncode, f"already runs (pid {engine.pid})" in second.stderr) == (1, True)
        rig.says(f"{folder_of(rig)} lies on a file system without locks")
        rig.says("set XDG_STATE_HOME")
        assert rig.run_here("stop").returncode == 0
        assert engine.wait(DEADLINE) == 0
    assert "no engine runs" in rig.run_here("status").stderr


@as_root
def test_root_by_sudo_makes_no_folder_in_the_home_of_who_called(
    own: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    os.chown(tmp_path, NOBODY, NOBODY)
    with pytest.raises(RigError, match=r"belongs to .*, not to root; run this without sudo"):
        own.make_folder()
    assert not own.folder.parent.exists()
