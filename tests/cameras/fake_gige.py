"""Aravis' fake GigE Vision camera: a process that speaks the real protocol, on loopback."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.genicam.aravis import require_aravis
from tests.support import SERIAL, wait_for

PROGRAM = "arv-fake-gv-camera-0.8"

PORT = 3956
"""Of GigE Vision's control protocol: the same for every camera, which so needs its own address."""


class FakeCamera:
    """One fake camera, switched on and off.

    Parameters
    ----------
    address : of this machine, whose `PORT` is free.
    lost_packets : of a thousand that it sends; another number counts from the next switching on.
    """

    def __init__(self, address: str, lost_packets: int = 0) -> None:
        self.address = address
        self.lost_packets = lost_packets
        self._process: subprocess.Popen[bytes] | None = None

    def switch_on(self) -> None:
        """Start it; it answers when this returns."""
        command = [PROGRAM, "-i", self.address, "-s", SERIAL, "-r", str(self.lost_packets)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._listens, f"{PROGRAM} to answer")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{PROGRAM} has ended: is its port taken?"
        # As the kernel's table of sockets has it; somebody else's camera has another address.
        address = int.from_bytes(socket.inet_aton(self.address), "little")
        return f" {address:08X}:{PORT:04X} " in Path("/proc/net/udp").read_text()

    def pull_the_plug(self) -> None:
        """End it without a word, as a cable that is kicked out."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def fake_camera(lost_packets: int = 0) -> Iterator[FakeCamera]:
    """Run a fake camera beside whatever other cameras there are, at an address of its own."""
    with _address() as address:
        camera = FakeCamera(address, lost_packets)
        camera.switch_on()
        try:
            yield camera
        finally:
            camera.pull_the_plug()


@contextmanager
def _address() -> Iterator[str]:
    """Have a loopback address for a block; where root can make no more of them, others wait."""
    with ExitStack() as at_end:

        def found() -> str:
            return "127.0.0.1" if _claimed("127.0.0.1", at_end) else _added(at_end)

        # Less than a test may take: pytest ends with all the others where one takes longer.
        yield wait_for(found, "another run, or make soak, to let go of the port", 90)


def _claimed(address: str, at_end: ExitStack) -> bool:
    """Take an address, unless another run has it, or a stranger's camera."""
    claim = at_end.enter_context(socket.socket(socket.AF_UNIX))
    try:
        # A name without a file: whoever else runs tests, and however they end, none is left.
        claim.bind(_name(address))
    except OSError:
        return False
    if not _is_free(address):
        claim.close()
        return False
    return True


def _name(address: str) -> str:
    """Return the name of a socket by which a run claims an address."""
    return f"\0pmv-tui-fake-camera-{address}"


def _is_free(address: str) -> bool:
    """Return whether an address' port can be had."""
    with socket.socket(type=socket.SOCK_DGRAM) as port, suppress(OSError):
        port.bind((address, PORT))
        return True
    return False


def _added(at_end: ExitStack) -> str:
    """Add an address to the loopback, removed at the end; return it, empty where that fails."""
    for number in range(1, 255):
        address = f"127.0.77.{number}"
        if _claimed(address, at_end):
            if not _change_loopback("replace", address):
                return ""
            at_end.callback(_change_loopback, "del", address)
            return address
    return ""


def _change_loopback(change: str, address: str) -> bool:
    command = ["ip", "address", change, f"{address}/8", "dev", "lo"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:  # no iproute2
        return False


def missing() -> str:
    """Say why no fake camera can be used here; empty where one can."""
    try:
        require_aravis()
    except BackendUnavailable as trouble:
        return str(trouble)
    if shutil.which(PROGRAM) is None:
        return f"no {PROGRAM}; try: apt-get install aravis-tools"
    with ExitStack() as at_end:
        if _is_a_strangers("127.0.0.1") and not _added(at_end):
            return f"somebody else's network camera has port {PORT} of 127.0.0.1"
    return ""


def _is_a_strangers(address: str) -> bool:
    """Return whether an address' port is taken, and by no run of these tests."""
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            claim.bind(_name(address))
        except OSError:
            return False
        return not _is_free(address)
