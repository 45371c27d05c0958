"""Clients that die, freeze, dawdle, come and go, or send what they should not."""

import pickle
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import zmq

from pmv_tui.client import subscribe
from pmv_tui.wire.status import behind, client_sentence
from tests.faults.fault import Fault, fault
from tests.faults.rig import KINDS, FaultRig
from tests.faults.stranger import freeze, run_stranger, stranger
from tests.support import DEADLINE, wait_for


@fault("a client is killed -9, over and over")
def killed(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    run_stranger("killed", rig.pub["left"], rig.times(100, 8))
    yield rig.event(since, " disconnected")
    wait_for(lambda: only_the_counting_client(rig), "all of them to be let go")


@fault("a client freezes")
def frozen(rig: FaultRig) -> Iterator[str]:
    with stranger("slow", rig.pub["odd"], 0) as client:
        freeze(client)
        wait_for(lambda: rig.now("odd")["clients"] == 2, "it to be listed")
        before = rig.now("odd")["captured"]
        images = rig.times(10, 1) * KINDS["odd"][1]
        wait_for(lambda: rig.now("odd")["captured"] > before + images, "images to be made")
        clients = rig.now("odd")["clients"]
        assert clients == 2, f"{clients} clients: the frozen one stays listed"
        yield f"clients: {clients}"


@fault("a client is 10 times too slow")
def slow(rig: FaultRig) -> Iterator[str]:
    with stranger("slow", rig.pub["odd"], 10 * 1000 // KINDS["odd"][1]) as client:

        def behind_alone() -> str:
            slow = [each for each in behind(rig.now("odd")["client_list"]) if each["missed"]]
            return (
                client_sentence(slow[0]) if [each["pid"] for each in slow] == [client.pid] else ""
            )

        yield wait_for(behind_alone, "it, and no other, to be said to be behind")


@fault("1000 clients connect and disconnect")
def come_and_go(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    run_stranger("come-and-go", rig.pub["left"], rig.times(1000, 200))
    yield rig.event(since, " clients connected")
    wait_for(lambda: only_the_counting_client(rig), "all of them to be gone")


@fault("browsers and silent programs connect to the image port")
def other_protocols(rig: FaultRig) -> Iterator[str]:
    with ExitStack() as connections:
        for number in range(40):
            connection = socket.create_connection(("127.0.0.1", rig.pub["left"]))
            connections.enter_context(connection)
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: rig\r\n\r\n")
        rig.wait_until_well()
        report = only_the_counting_client(rig)
        assert report, "none of them counts as a client"
        yield report


@fault("PULL is flooded as fast as can be sent")
def flooded(rig: FaultRig) -> Iterator[str]:
    before = rig.now("left")["messages"]
    milliseconds, buffer = rig.times(10_000, 1000), rig.times(4_000_000, 64_000)
    run_stranger("flood", rig.pull["left"], milliseconds, buffer)
    wait_for(lambda: rig.now("left")["messages"] > before + 100, "many messages to be read")
    yield f"messages read: {rig.now('left')['messages'] - before}"
    assert_draws(rig, "left")


@fault("PULL is fed fuzzed messages")
def fuzzed(rig: FaultRig) -> Iterator[str]:
    since, count = rig.last_event(), rig.times(1_000_000, 20_000)
    before = messages_read(rig)
    run_stranger("fuzz", count, *rig.pull.values(), seconds=900)
    report = rig.event(since, "malformed message")
    for name in rig.pull:
        assert_draws(rig, name)
    read = messages_read(rig) - before
    assert read > 0.5 * count, "most are read, and few passed over"
    yield f"{read} read; {report}"


def messages_read(rig: FaultRig) -> int:
    """Count the messages that were read, by all cameras, whether or not they made sense."""
    return sum(each["messages"] + each["malformed"] for each in rig.snapshot()["cameras"])


@fault("a message of 100 MB")
def huge(rig: FaultRig) -> Iterator[str]:
    memory = rig.usage().memory
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as socket_:
        socket_.linger = 0
        socket_.connect(f"tcp://localhost:{rig.pull['left']}")
        with socket_.get_monitor_socket(zmq.EVENT_DISCONNECTED) as events:
            socket_.send(bytes(100_000_000))
            assert events.poll(int(1000 * DEADLINE)), "the connection to be cut"
            socket_.disable_monitor()
    grown = rig.usage().memory - memory
    assert grown < 20e6, "it is never held in memory"
    yield f"connection cut; memory {grown / 1e6:+.1f} MB"
    assert_draws(rig, "left")


@fault("a tracker that lost sight sends NaN, null and a pickle beside a good box")
def unseen(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    before = rig.now("left")["malformed"]
    good = '"DRAW_BOX":{"TOP_LEFT":[3,4],"BOTTOM_RIGHT":[15,16]}'
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as client:
        client.connect(f"tcp://localhost:{rig.pull['left']}")

        def drawn() -> bool:
            for nothing in ("NaN", "null"):
                points = f"[[10,20],[{nothing},{nothing}]]"
                client.send_string(f'{{{good},"DRAW_POINTS":{{"POINTS":{points}}}}}')
            return rig.now("left")["drawn"] == 2

        wait_for(drawn, "the box and the points that were seen to be drawn")
        assert rig.now("left")["malformed"] == before
        client.send(pickle.dumps({"DRAW_BOX": None}))
        yield rig.event(since, "a pickle")


@fault("scripts answer late, twice, in any order, and images that never were")
def answered(rig: FaultRig) -> Iterator[str]:
    since, before = rig.last_event(), rig.now("left")
    rig.answer("set", camera="left", changes={"deadline": 20})
    with subscribe(f"tcp://localhost:{rig.pub['left']}", newest=False, timeout=DEADLINE) as frames:
        stamps = [next(frames).timestamp for _ in range(rig.times(100, 4))]
    second = 10**9
    forged = stamps[0] // second, stamps[0] + 3600 * second, stamps[0] - 3600 * second
    between = stamps[0] + second // 100
    wait_for(lambda: time.time_ns() - stamps[-1] > second // 50, "the deadline to be over")
    answers = [*reversed(stamps), *stamps, between, *forged, *stamps]
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as client:
        client.connect(f"tcp://localhost:{rig.pull['left']}")
        for timestamp in answers:
            client.send_json({"TIMESTAMP": timestamp})
        read = before["messages"] + len(answers) - len(forged)
        wait_for(lambda: rig.now("left")["messages"] == read, "all of them to be read")
        now = rig.now("left")
    assert now["malformed"] - before["malformed"] == len(forged)
    assert now["remarks"] - before["remarks"] == 1
    assert str(between) in now["remark"]
    yield rig.event(since, "late: answers up to")
    rig.answer("set", camera="left", changes={"deadline": None})
    over = f"{len(stamps)} of {len(stamps)} answers came later than 20 ms"
    rig.event(since, "deadline for answers is none now", over)


def only_the_counting_client(rig: FaultRig) -> str:
    """Say so where the left camera has no client but that one; else empty."""
    clients = rig.now("left")["clients"]
    return "clients: 1" if clients == 1 else ""


def assert_draws(rig: FaultRig, name: str) -> None:
    """See that a well-behaved client's box is drawn."""
    corners = {"TOP_LEFT": [3, 4], "BOTTOM_RIGHT": [15, 16]}
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as client:
        client.connect(f"tcp://localhost:{rig.pull[name]}")

        def drawn() -> bool:
            client.send_json({"DRAW_BOX": corners})
            box = rig.now(name)["box"]
            return box is not None and list(box["top_left"]) == [3, 4]

        wait_for(drawn, "a box that is sent now to be drawn")


PLACES: dict[str, Callable[[FaultRig], list[int | str]]] = {
    "PULL": lambda rig: [rig.pull["left"], "PUSH"],
    "XPUB": lambda rig: [rig.pub["left"], "SUB"],
    "the control socket": lambda rig: [str(rig.control_path()), "DEALER"],
    "each socket, by many clients at once,": lambda rig: (
        rig.times(20, 10)
        * [word for name in ("PULL", "XPUB", "the control socket") for word in PLACES[name](rig)]
    ),
}

MOST_TAKEN = 200e6
"""Bytes of memory that no unfinished message may take: a machine that is loaded lets the guard look
late. Idle ones stay below 64 MB; without a guard it is a GB."""


def unfinished(place: str, size: int, pace: int = 0) -> Fault:
    """Make the fault of a message that never ends, of parts of some bytes."""
    how = f"drips: {pace // 1000} kB/s" if pace else "has no end: parts"

    @fault(f"{place} is sent a message that {how} of {size} bytes")
    def steps(rig: FaultRig) -> Iterator[str]:
        before, most = rig.usage().memory, 0
        with stranger("unfinished", size, pace, *PLACES[place](rig)) as client:

            def all_cut() -> bool:
                nonlocal most
                most = max(most, rig.usage().memory)
                return client.poll() is not None

            wait_for(all_cut, "every connection to be cut")
        taken = most - before
        assert taken < MOST_TAKEN, f"{taken / 1e6:.0f} MB"
        wait_for(lambda: f"(pid {client.pid})" in cut_reason(rig, place), "it to be named")
        yield f"memory {taken / 1e6:+.0f} MB; {cut_reason(rig, place)}"

    return steps


def cut_reason(rig: FaultRig, place: str) -> str:
    """Return what is reported of the last client that was cut."""
    snapshot = rig.snapshot()
    if place not in {"PULL", "XPUB"}:
        return snapshot["engine"]["refused_reason"]
    return rig.now("left")["refused_reason"]


FAULTS = (
    *(killed, frozen, slow, come_and_go, other_protocols, flooded, fuzzed, huge, unseen, answered),
    *(unfinished("PULL", 200_000), unfinished("PULL", 1), unfinished("PULL", 1, 400_000)),
    *(unfinished("XPUB", 1_000), unfinished("XPUB", 1)),
    *(unfinished("the control socket", 60_000), unfinished("the control socket", 1)),
    unfinished("each socket, by many clients at once,", 1_000),
)
