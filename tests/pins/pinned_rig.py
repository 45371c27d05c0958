"""A rig whose engine notes what it is asked, and commands run on it as the program runs them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgpack

from pmv_tui import __version__
from tests.pins.recorder.sitecustomize import ASKED
from tests.pins.stable import Stable
from tests.support import DEADLINE, SMALL, RigOnDisk, free_ports, simulated, wait_for
from tests.system.fake_cameras import install, set_mood
from tests.system.unhurried import UNHURRIED

CONFIG = """\
# The rig in room 3.

[socket_config]
put_rate = 0          # every image
pull_rate = 100
extended_metadata = false

"""

DOCTOR = f"if 'doctor' in sys.orig_argv:\n    exec({UNHURRIED!r})\n"

NAMES = ("top", "left", "right", "spare", "side")
"""Each test that changes something has cameras of its own, so that their order does not matter."""

SNAPSHOT = msgpack.packb({"command": "snapshot"})

FAKES = {"mono": 'pixel_format = "Mono"', "bayer": 'pixel_format = "Colour"'}
"""Cameras that give the same image and the same times again and again."""


class PinnedRig(RigOnDisk):
    """A rig of simulated cameras and two fake ones.

    Parameters
    ----------
    folder : see `RigOnDisk`.

    Attributes
    ----------
    ports : by a camera's name, where it publishes and where it receives.
    free : ports that nobody has.
    stable : puts placeholders for the folder and the ports.
    first_status, first_lines : what `status` printed when all cameras gave images, before anything
        else was done: as JSON, and for people.
    """

    first_status: str
    first_lines: str

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        install(self)
        self.search_everywhere()
        self._add_modules(folder / "site")
        ports = free_ports(2 * len([*NAMES, *FAKES]) + 4)
        self.ports = {name: (ports.pop(), ports.pop()) for name in (*NAMES, *FAKES)}
        self.free = ports
        known = {str(folder): "<folder>", __version__: "<version>"}
        for name, (pub, pull) in self.ports.items():
            known |= {str(pub): f"<{name} pub>", str(pull): f"<{name} pull>"}
        known |= {str(port): f"<free {place}>" for place, port in enumerate(ports)}
        self.stable = Stable(known)
        listed = [simulated(name, *self.ports[name], fps=20, more=SMALL) for name in NAMES]
        for name, pixel_format in FAKES.items():
            block = simulated(name, *self.ports[name], fps=20, more=pixel_format)
            listed.append(block.replace("-simulated", "-fake"))
            set_mood(self, name, "fixed")
        self.write_config(CONFIG + "\n".join(listed))

    def _add_modules(self, site: Path) -> None:
        """Have requests noted, a doctor who waits, and no SDK: its search is slow, and its trouble
        another one on each machine."""
        recorder = Path(__file__).parent / "recorder" / "sitecustomize.py"
        (site / recorder.name).write_text(f"{recorder.read_text()}\n{DOCTOR}")
        for sdk, missing in (("cv2", "libGL.so.1"), ("pypylon", "libpylon.so"), ("gi", "libgi.so")):
            why = f"{missing}: cannot open shared object file: No such file or directory"
            (site / f"{sdk}.py").write_text(f"raise ImportError({why!r})\n")

    def settled(self) -> bool:
        """Return whether every camera gives images and the search for others is over; note that."""
        status = self.run_here("status", "--json").stdout
        searching = '"scanning": true' in status
        if searching or status.count('"capturing"') < len(self.ports):
            return False
        self.first_status, self.first_lines = status, self.run_here("status").stdout
        return self.first_lines.count("  capturing  ") == len(self.ports)

    @contextlib.contextmanager
    def asked(self) -> Iterator[list[bytes]]:
        """Collect the requests that reach the engine while a block lasts.

        Not snapshots for which nobody is named: other programs list all engines that run.
        """
        before, requests = len(self._log_of_requests().split()), list[bytes]()
        yield requests
        new = map(bytes.fromhex, self._log_of_requests().split()[before:])
        requests += (each for each in new if each != SNAPSHOT)

    def _log_of_requests(self) -> str:
        """Return each request that ever reached the engine, in hex, a line each."""
        log = self.folder / ASKED
        return log.read_text() if log.exists() else ""

    def named(self, text: str) -> str:
        """Put addresses of this rig for `{left_pub}`, `{free_0}` and the like."""
        places = {f"free_{place}": port for place, port in enumerate(self.free)}
        for name, (pub, pull) in self.ports.items():
            places |= {f"{name}_pub": pub, f"{name}_pull": pull}
        return text.format_map({name: f"tcp://localhost:{port}" for name, port in places.items()})

    def written(self, request: bytes) -> str:
        """Write a request as JSON, its keys in the order in which they were sent."""
        read = msgpack.unpackb(request)
        assert msgpack.packb(read) == request, "the shortest form of each value"
        frames = {f"{name}-{kind}" for name in self.ports for kind in ("simulated", "fake")}
        return self.stable.line(read, frames | {"since", "width", "height"})


@contextlib.contextmanager
def running(rig: PinnedRig) -> Iterator[PinnedRig]:
    """Run the rig's engine, which must be stopped in the block; all cameras give images by then."""
    with rig.serve() as engine:
        wait_for(rig.settled, "every camera to capture")
        yield rig
        assert engine.wait(DEADLINE) == 0, rig.said()
