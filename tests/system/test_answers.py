"""How late answers are: the engine's measure beside the scripts' own, and what it says of them."""

import time
from collections.abc import Callable, Iterator
from statistics import median

import msgpack
import pytest
import zmq

from pmv_tui.client import Frame, boxes, subscribe
from pmv_tui.wire.history import Rows, read_history
from pmv_tui.wire.status import CameraStatus
from tests.faults.asked_rig import AskedRig
from tests.support import DEADLINE, free_ports, in_new_folder, steady, wait_for
from tests.system.terminal import TerminalTui

IMAGES = 25
"""That a script answers: for a second or so."""

WORK = 0.03
"""Seconds after an image's time stamp at which it is answered."""

LEFT = "\x1b[D"

Work = Callable[[int], None]

PORTS = {name: free_ports(2) for name in ("left", "right", "side")}


@pytest.fixture(scope="module")
def rig() -> Iterator[AskedRig]:
    """A rig whose PULL sockets are read but once a second."""
    with in_new_folder(AskedRig) as rig:
        cameras = (steady(name, *ports) for name, ports in PORTS.items())
        rig.write_config("[socket_config]\npull_rate = 1\n\n" + "".join(cameras))
        with rig.serve("--plug-all"):
            yield rig


def addresses(name: str) -> tuple[str, str]:
    pub, pull = PORTS[name]
    return f"tcp://localhost:{pub}", f"tcp://localhost:{pull}"


def shown_for_its_client(rig: AskedRig, name: str) -> CameraStatus:
    """Wait until a camera's one client is said to have sent all answers; return the status."""
    shown: list[CameraStatus] = []

    def same() -> bool:
        shown[:] = [rig.now(name)]
        [client] = shown[0]["client_list"]
        answers = client.get("answers")
        return answers is not None and answers["answer_p50_ms"] == shown[0]["answer_p50_ms"]

    wait_for(same, "the answers to be this client's")
    return shown[0]


def by_the_protocol(rig: AskedRig, name: str, work: Work) -> CameraStatus:
    """Answer images as docs/protocol.md says."""
    pub, pull = addresses(name)
    with (
        zmq.Context[zmq.Socket[bytes]]() as context,
        context.socket(zmq.SUB) as images,
        context.socket(zmq.PUSH) as answers,
    ):
        images.rcvtimeo = answers.sndtimeo = int(1000 * DEADLINE)
        images.connect(pub)
        images.subscribe("")
        answers.connect(pull)
        for _ in range(IMAGES):
            _, metadata, _ = images.recv_multipart()
            timestamp = msgpack.unpackb(metadata)["timestamp"]
            work(timestamp)
            answers.send_json({"TIMESTAMP": timestamp})
        return shown_for_its_client(rig, name)


def by_the_library(rig: AskedRig, name: str, work: Work) -> CameraStatus:
    """Answer images with `pmv_tui.client`, by the local road."""
    pub, pull = addresses(name)
    with subscribe(pub, newest=False, timeout=DEADLINE) as frames, boxes(pull) as marks:
        wait_for(lambda: marks.answer(next(frames)), "the connection")
        for _, frame in zip(range(IMAGES), frames, strict=False):
            work(frame.timestamp)
            assert marks.answer(frame)
        return shown_for_its_client(rig, name)


@pytest.mark.parametrize(("name", "script"), [("left", by_the_protocol), ("right", by_the_library)])
def test_the_engine_s_measure_is_the_script_s_and_what_the_way_back_takes(
    rig: AskedRig, name: str, script: Callable[[AskedRig, str, Work], CameraStatus]
) -> None:
    own: list[float] = []

    def work(timestamp: int) -> None:
        time.sleep(max(0.0, WORK - (time.time_ns() - timestamp) / 1e9))
        own.append((time.time_ns() - timestamp) / 1e6)

    camera = script(rig, name, work)
    p50 = camera["answer_p50_ms"]
    assert p50 is not None
    assert p50 >= min(own) >= 1000 * WORK
    # Were it measured when messages are read, it would be half a second more.
    assert p50 - median(own) < 250
    assert 0 < (camera["answered"] or 0) <= 1
    assert camera["malformed"] == camera["remarks"] == 0


def test_answers_after_a_camera_s_deadline_are_late_until_it_has_another(rig: AskedRig) -> None:
    since = rig.last_event()
    assert rig.run_here("set", "side", "deadline=20").returncode == 0

    def answered_late() -> str:
        with subscribe(addresses("side")[0], timeout=DEADLINE) as frames:
            frame = next(frames)
        wait_for(lambda: frame.age > 0.02, "the deadline to be over")
        marks.answer(frame)
        return rig.now("side").get("late", "")

    with boxes(addresses("side")[1]) as marks:
        late = wait_for(answered_late, "answers to be late")
    assert "deadline 20 ms" in late
    assert rig.event(since, "late: answers up to ", "deadline 20 ms")
    printed = rig.run_here("status").stdout
    assert "side: late: answers up to " in printed
    assert " answers/s" in printed
    assert rig.now("left")["deadline"] == 0
    assert rig.run_here("set", "side", "deadline=").returncode == 0
    assert rig.event(since, "deadline for answers is none now: ", "later than 20 ms")
    assert rig.now("side").get("late") == ""


def answer_at(rig: AskedRig, pull: str, frame: Frame) -> None:
    """Answer an image of the third camera, and wait until that is read."""
    before = rig.now("side")["messages"]
    with boxes(pull) as marks:
        wait_for(lambda: marks.answer(frame), "the connection")
        wait_for(lambda: rig.now("side")["messages"] > before, "the answer to be read")


def test_an_image_is_answered_after_an_unplug_and_at_another_address(rig: AskedRig) -> None:
    pub, pull = addresses("side")
    with subscribe(pub, timeout=DEADLINE) as frames:
        frame = next(frames)
    rig.answer("unplug", camera="side")
    rig.answer("plug", camera="side")
    moved = f"tcp://localhost:{free_ports(1)[0]}"
    for place in (pull, moved):
        rig.answer("addresses", camera="side", pub=pub, pull=place)
        answer_at(rig, place, frame)
    camera = rig.now("side")
    assert camera["malformed"] == camera["remarks"] == 0
    assert (camera["answered"] or 0) > 0


def test_the_terminal_shows_late_answers_and_what_was_kept_of_them(rig: AskedRig) -> None:
    pub, pull = addresses("right")
    assert rig.run_here("set", "right", "deadline=20").returncode == 0

    def read(tui: TerminalTui, label: str) -> str:
        rows = tui.text().splitlines()
        return next((row for row in rows if row.startswith(f"{label} ")), "")

    def kept() -> Rows:
        (history,) = rig.ask("history", camera="right", since=60)["histories"]
        return read_history(history)

    with TerminalTui(rig) as tui, subscribe(pub, timeout=DEADLINE) as frames, boxes(pull) as marks:

        def answered(shown: Callable[[], object]) -> bool:
            frame = next(frames)
            wait_for(lambda: frame.age > 0.02, "the deadline to be over")
            marks.answer(frame)
            return bool(shown())

        tui.shows("right", "3 of 3 plugged")
        wait_for(lambda: answered(lambda: "1 late, 3 of 3" in tui.text()), "the header to say so")
        tui.press("n")
        tui.shows("> right  late", "answer", "but answers are late", "deadline 20 ms")
        tui.press("h")
        wait_for(lambda: answered(lambda: len(kept().times) > 3), "some seconds to be kept")
        wait_for(lambda: answered(lambda: "p50" in read(tui, "answers")), "a second with answers")
        tui.press(LEFT)
        tui.shows("right: 1 min, not the newest")
        wait_for(lambda: "(now)" not in read(tui, "at"), "the second before")
        at, rows = read(tui, "at").split()[1:3], kept()
        begins = [time.localtime(each / 1e9 - 1) for each in rows.times]
        place = [time.strftime("%m-%d %H:%M:%S", each) for each in begins].index(" ".join(at))
        count, p50, p99 = (
            rows.values[each][place, 0] for each in ("answers", "answer_p50_ms", "answer_p99_ms")
        )
        known = f"answers   {count:.1f}/s; ms: p50 {p50:.1f}, p99 {p99:.1f}"
        known = known if count else "answers   none that were timed"
        wait_for(lambda: read(tui, "answers").rstrip() == known, f"{known!r} at the cursor")
    assert rig.run_here("set", "right", "deadline=").returncode == 0
