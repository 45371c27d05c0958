"""Cameras that go and come back, hang, break, lose packets, change their images, or chatter."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import zmq

from tests.faults.clients import assert_draws
from tests.faults.fault import Fault, fault
from tests.faults.rig import FILM, FaultRig
from tests.support import DEADLINE, wait_for
from tests.system.fake_cameras import set_mood
from tests.system.terminal import TerminalTui


@contextmanager
def mood(rig: FaultRig, word: str) -> Iterator[None]:
    """Let the odd camera do something for the length of a block."""
    set_mood(rig, "odd", word)
    try:
        yield
    finally:
        set_mood(rig, "odd", "")


def moody(name: str, word: str, *shown: str) -> Fault:
    """Make the fault of a camera that does something which its state reports."""

    @fault(name, troubles=["odd"])
    def steps(rig: FaultRig) -> Iterator[str]:
        with mood(rig, word):
            yield rig.shown("odd", *shown)

    return steps


@fault("the network camera is killed -9 and started again", troubles=["network"])
def cable_pulled(rig: FaultRig) -> Iterator[str]:
    assert rig.run_here("set", "network", "exposure_time=5000").returncode == 0
    rig.device.pull_the_plug()
    try:
        yield rig.shown("network", "lost: ")
    finally:
        rig.device.switch_on()
    rig.shown("network", "capturing")
    assert rig.now("network")["plugged"]
    assert "5000" in rig.run_here("settings", "network").stdout
    wait_for(lambda: rig.now("network")["clock_offset_ms"] is not None, "its clock to be fitted")


@fault("frames arrive incomplete: the network loses packets", troubles=["network"])
def incomplete(rig: FaultRig) -> Iterator[str]:
    before = rig.now("network")["drops"]["failed"]
    with losing_packets(rig, of_a_thousand=50):

        def failed() -> int:
            return rig.now("network")["drops"]["failed"] - before

        wait_for(lambda: failed() > 5, "incomplete frames to be counted")
        yield f"drops, failed: {failed()}"


@contextmanager
def losing_packets(rig: FaultRig, of_a_thousand: int) -> Iterator[None]:
    """Let the network lose packets for the length of a block."""
    try:
        switch_over(rig, of_a_thousand)
        yield
    finally:
        switch_over(rig, 0)


def switch_over(rig: FaultRig, lost_packets: int) -> None:
    """Restart the network camera, with another network."""
    rig.device.pull_the_plug()
    rig.device.lost_packets = lost_packets
    rig.device.switch_on()
    rig.shown("network", "lost: ")
    rig.shown("network", "capturing")


@fault("a video file goes while it plays, and is back", troubles=["film"])
def film_gone(rig: FaultRig) -> Iterator[str]:
    film = rig.folder / FILM
    aside = film.rename(rig.folder / "aside.avi")
    try:
        yield rig.shown("film", "error: ", FILM)
    finally:
        aside.rename(film)


@fault("the frame's shape changes each second", troubles=["odd"])
def restless(rig: FaultRig) -> Iterator[str]:
    with mood(rig, "restless"):
        yield ", then ".join(heights(rig.pub["odd"], rig.times(10, 3)))


def heights(port: int, changes: int) -> list[str]:
    """Receive until the image's height has changed some times; each image must be whole."""
    seen: list[str] = []
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as socket:
        socket.linger = 0
        socket.connect(f"tcp://localhost:{port}")
        socket.subscribe(b"")
        while len(seen) <= changes:
            assert socket.poll(int(DEADLINE * 1000)), "no image"
            _, packed, image = socket.recv_multipart()
            metadata = msgpack.unpackb(packed)
            assert len(image) == metadata["height"] * metadata["width"]
            shape = f"{metadata['width']}x{metadata['height']}"
            if [shape] != seen[-1:]:
                seen.append(shape)
    return seen


@fault("an exception in each of the engine's threads", troubles=["odd"])
def tripped(rig: FaultRig) -> Iterator[str]:
    since, log = rig.last_event(), rig.control_path().with_name("engine.log")
    with mood(rig, "trip"):
        wait_for(lambda: not (rig.folder / "odd").exists(), "the exceptions to be thrown")
        # Each thread meets its own when it has something to do.
        assert_draws(rig, "left")
        rig.ask("window", camera="left", display=":4711", xauthority="")
        rig.ask("window", camera="left", close=True)
        for name in ("receiver", "windows"):
            report = rig.event(since, f"the thread '{name}' failed and was started again")
        words = [f"the thread '{name}' failed and was started" for name in ("log", "terminal")]
        wait_for(lambda: all(each in log.read_text() for each in words), " and ".join(words))
        yield report
    assert rig.answer("unplug", camera="odd") == "unplugged"
    assert "publishes at" in rig.answer("plug", camera="odd")


@fault("an SDK aborts while it searches for cameras")
def aborting_search(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    set_mood(rig, "search", "crash")
    try:
        rig.ask("rescan")
        report = rig.event(since, "fake: the search for fake cameras was ended by signal 6")
        assert "fakecameras.py" in report
        yield report
    finally:
        set_mood(rig, "search", "")
        wait_for(lambda: not rig.snapshot()["engine"]["scanning"], "the search to end")
        rig.ask("rescan")
        wait_for(lambda: all(one["available"] for one in rig.snapshot()["backends"]), "all SDKs")


@fault("an SDK prints to descriptors 1 and 2 with each frame")
def noisy(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    with TerminalTui(rig) as tui:
        tui.shows(*rig.pub)
        with mood(rig, "noisy"):
            report = rig.event(since, "printed: driver: buffer 7 is late")
            before = rig.counters.report()["odd"].received
            wait_for(
                lambda: rig.counters.report()["odd"].received > before + 50, "its stream to go on"
            )
            tui.shows(*rig.pub)  # what it prints would clear the screen
            yield report


@fault("images without a pixel, or few", troubles=["odd"])
def no_pixel(rig: FaultRig) -> Iterator[str]:
    with mood(rig, "flat"):
        wait_for(lambda: rig.now("odd")["height"] == 3, "flat images")
        refused = rig.answer("set", camera="odd", changes={"downsampling": 4})
        assert refused.startswith("not changed: downsampling = 4 leaves no pixel of"), refused
    with mood(rig, "empty"):
        since = rig.last_event()
        report = rig.shown("odd", "error: ", "images of 64x0, which have no pixel")
        answer = rig.ask("thumbnails", cameras={"odd": 0, "left": 0}, width=40, height=40)
        assert [one["unique_id"] for one in answer["thumbnails"]] == ["odd-fake", "left-simulated"]
        rig.event(since, "no pixel")
        yield report


FAULTS = (
    cable_pulled,
    incomplete,
    film_gone,
    moody("a camera goes, and is back", "absent", "lost: "),
    moody("a grab hangs in the driver", "hang", "stalled: ", "driver has not answered"),
    moody("a driver throws what it should not", "crash", "error: ", "a bug of the driver"),
    *(restless, no_pixel, aborting_search, noisy, tripped),
)
