"""Aravis' fake GigE Vision camera: a process that speaks the real protocol, on loopback."""

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.support import wait_for

PROGRAM = "arv-fake-gv-camera-0.8"

SERIAL = "PMV01"


class FakeCamera:
    """One fake camera, switched on and off.

    Parameters
    ----------
    lost_packets : of a thousand that it sends; another number counts from the next switching on.
    """

    def __init__(self, lost_packets: int = 0) -> None:
        self.lost_packets = lost_packets
        self._process: subprocess.Popen[bytes] | None = None

    def switch_on(self) -> None:
        """Start it; it answers when this returns."""
        command = [PROGRAM, "-i", "127.0.0.1", "-s", SERIAL, "-r", str(self.lost_packets)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._listens, f"{PROGRAM} to answer")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{PROGRAM} has ended: is its port taken?"
        # The port of GigE Vision's control protocol, 3956, in the kernel's table of sockets.
        return ":0F74 " in Path("/proc/net/udp").read_text()

    def pull_the_plug(self) -> None:
        """End it without a word, as a cable that is kicked out."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def fake_camera(lost_packets: int = 0) -> Iterator[FakeCamera]:
    """Run a fake camera; others on this machine wait, for there is one port for all of them."""
    with (Path(tempfile.gettempdir()) / "pmv-tui-fake-camera.lock").open("w") as lock:
        # Less than a test may take: pytest ends with all the others where one takes longer.
        wait_for(lambda: _locked(lock), "another run, or make soak, to let go of the port", 90)
        camera = FakeCamera(lost_packets)
        camera.switch_on()
        try:
            yield camera
        finally:
            camera.pull_the_plug()


def missing() -> str:
    """Say why no fake camera can be used here; empty where one can."""
    return "" if shutil.which(PROGRAM) else f"no {PROGRAM}; try: apt-get install aravis-tools"
