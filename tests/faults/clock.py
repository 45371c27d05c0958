"""The host's clock, set back while cameras stream."""

from collections.abc import Iterator

import zmq

from tests.faults.fault import fault
from tests.faults.rig import FaultRig
from tests.faults.small_rig import small_rig
from tests.support import NUMBERED, RigOnDisk, free_ports, steady, wait_for
from tests.system.counting import counting
from tests.system.sockets import receive_image

HOUR = 3600
"""Seconds."""

SEAM = """
import time
from pathlib import Path

true_time, true_time_ns = time.time, time.time_ns

def offset():
    return int(Path("clock").read_text())

time.time = lambda: true_time() + offset()
time.time_ns = lambda: true_time_ns() + offset() * 10**9
"""
"""Python's clock, so many seconds from the true one as a file in the working folder says. The
monotonic clock is left alone, as it is by whoever sets a host's clock."""


def set_clock(rig: RigOnDisk, seconds: int) -> None:
    """Set the clock of a rig's engine so many seconds from the true one."""
    written = rig.folder / "clock.new"
    written.write_text(str(seconds))
    written.rename(rig.folder / "clock")


def with_its_own_clock(rig: RigOnDisk) -> None:
    """Give all programs that run on a rig a clock that `set_clock` sets."""
    set_clock(rig, 0)
    seam = rig.folder / "seam"
    seam.mkdir()
    (seam / "sitecustomize.py").write_text(SEAM)
    rig.add_modules(seam)


def stamp(port: int) -> int:
    """Receive an image; give its time stamp, ns."""
    timestamp = receive_image(port)["timestamp"]
    assert isinstance(timestamp, int)
    return timestamp


@fault("the clock is set back by an hour")
def set_back(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(NUMBERED + steady("lone", pub, pull))
        with_its_own_clock(other)
        with other.serve("--plug-all"), counting(pub):
            before = stamp(pub)
            with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as client:
                client.connect(f"tcp://localhost:{pull}")
                client.send_json({"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [30, 40]}})
                wait_for(lambda: other.now("lone")["drawn"] == 1, "the box")
            set_clock(other, -HOUR)
            assert stamp(pub) < before - (HOUR - 60) * 1e9
            wait_for(lambda: other.now("lone")["drawn"] == 0, "the box to fade out")
            wait_for(lambda: other.now("lone")["state"] == "capturing", "it to go on")
            camera = other.now("lone")
            assert 0 < camera["fps"] < 70, "as it was, whatever the machine has time for"
            yield other.event(0, "this host's clock was set back by 3600")


FAULTS = (set_back,)
