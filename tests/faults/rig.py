"""The rig under fault: the real engine, a camera of each kind, and clients that count."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from pmv_tui.client import subscribe
from tests.cameras import fake_gige
from tests.faults.asked_rig import AskedRig
from tests.faults.counters import Counters, counting_apart
from tests.support import DEADLINE, SERIAL, SMALL, free_ports, simulated, wait_for
from tests.system.fake_cameras import install

FILM = "film.avi"

FPS = 10

KINDS = {
    "left": ("left-simulated", FPS, SMALL),
    "film": ("film-opencv", FPS, f'source = "{FILM}"'),
    "emulated": ("0815-0000-basler", FPS, "roi = [0, 0, 64, 48]"),
    "network": (f"{SERIAL}-aravis", FPS, "roi = [0, 0, 64, 48]"),
    "odd": ("odd-fake", FPS, ""),
}
"""Each camera's unique_id, frames a second, and what else its section says. The images are so small
that the kernel holds seconds of them for a client that is not scheduled, and they come so slowly
that an engine which is not scheduled itself has room for them: a machine with too much to do is no
loss."""


class Unavailable(Exception):  # noqa: N818 - a state, reported as it is
    """A fault cannot be brought about here; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the engine takes: bytes of memory that are resident, file descriptors, threads."""

    memory: int
    descriptors: int
    threads: int


class FaultRig(AskedRig):
    """A rig of five cameras on disk; `running` runs its engine.

    Parameters
    ----------
    full : whether each fault is brought about at full length, and not shortened for every change.

    Attributes
    ----------
    pub, pull : ports of the cameras, by name.
    missing : why a kind of camera is not in the rig, by name.
    device : the network camera.
    """

    def __init__(self, folder: Path, *, full: bool) -> None:
        super().__init__(folder)
        self.full = full
        self.environment["PYLON_CAMEMU"] = "1"
        install(self)
        self.search_everywhere()
        self.missing = self._missing_kinds()
        names = [name for name in KINDS if name not in self.missing]
        ports = free_ports(2 * len(names))
        self.pub = dict(zip(names, ports[::2], strict=True))
        self.pull = dict(zip(names, ports[1::2], strict=True))
        if "film" in names:
            _write_film(folder / FILM)
        sections = [
            simulated(name, self.pub[name], self.pull[name], fps=fps, more=more).replace(
                f"{name}-simulated", unique_id
            )
            for name, (unique_id, fps, more) in KINDS.items()
            if name in names
        ]
        self.write_config(
            "[socket_config]\nput_rate = 0\nextended_metadata = true\n" + "".join(sections)
        )

    def _missing_kinds(self) -> dict[str, str]:
        """Say which cameras cannot be had on this machine, and why."""
        backends = json.loads(self.run("cameras", "--json", seconds=90).stdout)
        reasons = {each["backend"]: each["reason"] for each in backends if not each["available"]}
        missing = {
            name: reasons[backend]
            for name, (unique_id, _, _) in KINDS.items()
            if (backend := unique_id.rpartition("-")[2]) in reasons
        }
        if "network" not in missing and fake_gige.missing():
            missing["network"] = fake_gige.missing()
        return missing

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the engine with all cameras plugged, each with a client that counts."""
        with ExitStack() as on_exit:
            if "network" not in self.missing:
                self.device = on_exit.enter_context(fake_gige.fake_camera())
            engine = on_exit.enter_context(self.serve("--plug-all"))
            self.engine = psutil.Process(engine.pid)
            wait_for(lambda: not self.snapshot()["engine"]["scanning"], "the first search to end")
            self._read_once_by_the_local_road()
            if "film" not in self.missing:  # no window either without OpenCV
                self._open_a_window_in_vain()
            self.counters: Counters = on_exit.enter_context(counting_apart(self.pub))
            self.wait_until_well()
            yield

    def _open_a_window_in_vain(self) -> None:
        """Have the engine make what it keeps for a camera's windows once it had one."""
        self.ask("window", camera="left", display=":4711", xauthority="")
        wait_for(lambda: self.now("left")["window"] == "no display", "the display not to be found")
        self.ask("window", camera="left", close=True)

    def _read_once_by_the_local_road(self) -> None:
        """Have the engine make what it keeps of a camera whose images are made elsewhere."""
        with subscribe(f"tcp://localhost:{self.pub['odd']}", timeout=DEADLINE) as frames:
            while next(frames).road != "local":
                pass

    def times(self, full: int, short: int) -> int:
        """Choose how often something is done, or for how long."""
        return full if self.full else short

    def wait_until_well(self) -> None:
        """Wait until every camera captures and is plugged, and each client gets images."""

        def all_capture() -> bool:
            return all(
                (camera["state"], camera["plugged"], camera["paused"]) == ("capturing", True, False)
                for camera in self.snapshot()["cameras"]
            )

        wait_for(all_capture, "all cameras to capture")
        before = self.counters.report()
        wait_for(lambda: self._all_further(before), "each client to get images")

    def _all_further(self, before: dict[str, Any]) -> bool:
        now, images = self.counters.report(), self.times(3, 1)
        return all(now[name].received > before[name].received + images for name in now)

    def usage(self) -> Usage:
        """Return what the engine takes now."""
        process = self.engine
        with process.oneshot():
            return Usage(process.memory_info().rss, process.num_fds(), process.num_threads())

    def settled(self, before: Usage) -> Usage:
        """Wait until the engine has given back descriptors and threads; return what it takes."""

        def given_back() -> bool:
            now = self.usage()
            return now.descriptors <= before.descriptors and now.threads <= before.threads

        wait_for(given_back, f"no more than {before}")
        return self.usage()


@contextmanager
def fault_rig(*, full: bool) -> Iterator[FaultRig]:
    """Make the rig in a new folder and run it; nothing of it is left after the block."""
    folder = Path(tempfile.mkdtemp(prefix="pmv"))
    try:
        rig = FaultRig(folder, full=full)
        with rig.running():
            yield rig
    finally:
        shutil.rmtree(folder)


def _write_film(path: Path) -> None:
    """Write a video of ten seconds, a grey that grows lighter."""
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48))
    for shade in range(100):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
