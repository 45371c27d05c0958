"""What misbehaving clients do, in a process of its own: `python -m tests.faults.strangers KIND …`.

A harness that did it itself would keep the clients that count from counting.
"""

import argparse
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

import zmq

from pmv_tui.client.local import LocalStream
from pmv_tui.frames.memory import (
    CLAIMS,
    HELLO,
    LONGEST_PACKET,
    MAGIC,
    READ,
    VERSION,
    Claims,
    endpoint,
)
from tests.faults.fuzz import fuzzed
from tests.raw_zmtp import part, raw_peer

VALID = b'{"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [30, 40]}}'

AT_ONCE = 50
"""Clients that connect together."""

PACE = 4000
"""Fuzzed messages a second: what comes faster than that is passed over, and tests no reading."""


def subscriber(context: "zmq.Context[zmq.Socket[bytes]]", port: int) -> "zmq.Socket[bytes]":
    """Subscribe to a camera."""
    socket = context.socket(zmq.SUB)
    socket.linger = 0
    socket.connect(f"tcp://localhost:{port}")
    socket.subscribe(b"")
    return socket


def slow(port: int, milliseconds: int) -> None:
    """Receive an image, and work on it for some milliseconds, until killed."""
    with zmq.Context[zmq.Socket[bytes]]() as context:
        socket = context.socket(zmq.SUB)
        socket.rcvhwm = 1
        socket.rcvbuf = 4096
        socket.connect(f"tcp://localhost:{port}")
        socket.subscribe(b"")
        while True:
            socket.recv_multipart()
            print("image", flush=True)
            time.sleep(milliseconds / 1000)


def killed(port: int, count: int) -> None:
    """Start a client, kill it with its first image in its hands, and so on."""

    def receive() -> object:
        socket = subscriber(zmq.Context(), port)
        return socket, socket.recv_multipart()

    _kill_again_and_again(receive, count)


def local_killed(port: int, count: int) -> None:
    """Start a script on the rig, kill it with images in its hands, and so on."""
    _kill_again_and_again(lambda: _hoarded(port, 2), count)


def _kill_again_and_again(receive: Callable[[], object], count: int) -> None:
    """Kill processes that hold on to what they received."""
    for _ in range(count):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            held = receive()
            os.write(writing, b"1" if held else b"")
            signal.pause()
        os.read(reading, 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


COMING = """
import os, signal, sys
from pmv_tui.client import subscribe

frames = subscribe(sys.argv[1], timeout=60)
while (frame := next(frames)).road != "local":
    pass
if sys.argv[2] == "closes":
    frames.close()
elif sys.argv[2] == "exits":
    os._exit(0)
elif sys.argv[2] == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""A script that gets an image by the local road and ends, in one of the ways that there are."""

ENDS = {"closes": 0, "exits": 0, "ends": 0, "dies": -signal.SIGKILL}
"""Those ways, and with what exit code."""


def local_come_and_go(port: int, count: int, at_once: int) -> None:
    """Start scripts on the rig, each in a process of its own, so many at once."""
    running: deque[tuple[subprocess.Popen[bytes], int]] = deque()
    for _, (way, code) in zip(range(count), cycle(ENDS.items())):
        if len(running) == at_once:
            _expect_end(*running.popleft())
        command = [sys.executable, "-c", COMING, f"tcp://localhost:{port}", way]
        running.append((subprocess.Popen(command), code))
    for one in running:
        _expect_end(*one)


def _expect_end(process: "subprocess.Popen[bytes]", code: int) -> None:
    if (ended := process.wait()) != code:
        raise RuntimeError(f"a script ended with {ended}, not {code}")


def local_hoard(port: int) -> None:
    """Hold as many images as one may without a copy, and go on wanting each, until killed."""
    kept = _hoarded(port, CLAIMS - 1)
    print(len(kept), flush=True)
    signal.pause()


def _hoarded(port: int, count: int) -> list[object]:
    stream = LocalStream([f"127.0.0.1:{port}"], newest=False)
    kept: list[object] = [stream]
    while len(kept) <= count:
        if (taken := stream.take()) is not None:
            kept.append(taken)
        elif not stream.ended:
            stream.wait(1000)
    return kept


def local_nonsense(port: int, milliseconds: int) -> None:
    """Write whatever into the claims for a while, and then send without end, until killed."""
    dice = random.Random(0)  # noqa: S311 - nothing secret
    end = time.monotonic() + milliseconds / 1000
    with _local_link(port) as link:
        link.send(HELLO.pack(MAGIC, VERSION, 1))
        _, descriptors, _, _ = socket.recv_fds(link, LONGEST_PACKET, 2)
        words = Claims(descriptors[1]).words
        while time.monotonic() < end:
            words[dice.randrange(READ + 1)] = dice.getrandbits(dice.randrange(1, 65))
            time.sleep(0)
        with suppress(ConnectionError):
            while True:
                link.send(bytes(LONGEST_PACKET))
        signal.pause()


def local_garbage(port: int, count: int) -> None:
    """Say nothing, half of what is to be said, or something else, on many connections."""
    dice = random.Random(0)  # noqa: S311 - nothing secret
    hello = HELLO.pack(MAGIC, VERSION, 1)
    words = [b"", hello[:7], dice.randbytes(24), dice.randbytes(2000), hello[::-1]]
    links: list[socket.socket] = []
    for number in range(count):
        link = _local_link(port)
        with suppress(OSError):
            link.send(words[number % len(words)])
        links = [*links[-20:], link]
    print("done", flush=True)
    signal.pause()


def _local_link(port: int) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(endpoint(f"127.0.0.1:{port}"))
    return link


def come_and_go(port: int, count: int) -> None:
    """Connect, receive an image and disconnect, over and over."""
    with zmq.Context[zmq.Socket[bytes]]() as context:
        for _ in range(count // AT_ONCE):
            sockets = [subscriber(context, port) for _ in range(AT_ONCE)]
            for socket in sockets:
                socket.recv_multipart()
                socket.close()


def knock(count: int, *ports: int) -> None:
    """Connect to each port in turn and cut the connection at once, without a word."""
    reset = struct.pack("ii", 1, 0)
    for _, port in zip(range(count), cycle(ports)):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            # By a reset: a port that a closed connection waits in could not be used for a minute.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)


def flood(port: int, milliseconds: int, buffer: int) -> None:
    """Send boxes as fast as they are taken; the kernel holds so many bytes of them for later."""
    end = time.monotonic() + milliseconds / 1000
    sent = 0
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as socket:
        socket.linger = 0
        socket.sndbuf = buffer
        socket.connect(f"tcp://localhost:{port}")
        while time.monotonic() < end:
            if socket.poll(100, zmq.POLLOUT):
                socket.send(VALID)
                sent += 1
    print(sent)


def fuzz(count: int, *ports: int) -> None:
    """Send messages that are almost right, in turn to each port."""
    with zmq.Context[zmq.Socket[bytes]]() as context:
        sockets = []
        for port in ports:
            socket = context.socket(zmq.PUSH)
            socket.linger = 20_000  # ms: what was sent is to arrive
            socket.connect(f"tcp://localhost:{port}")
            sockets.append(socket)
        begin = time.monotonic()
        for number, (socket, parts) in enumerate(zip(cycle(sockets), fuzzed(count))):
            time.sleep(max(0.0, begin + number / PACE - time.monotonic()))
            socket.send_multipart(parts)
        for socket in sockets:
            socket.close()


def unfinished(*numbers: int | str) -> None:
    """Send one message's parts without end, until every connection is cut.

    Parameters
    ----------
    numbers : bytes a part, bytes a second and connection (0: as fast as they are taken), and then a
        port or a path and the kind of socket of each connection.
    """
    size, pace, *places = numbers
    peers = [
        raw_peer(place if isinstance(place, int) else str(place), str(kind).encode())
        for place, kind in zip(places[::2], places[1::2], strict=True)
    ]
    one = part(int(size))
    parts = one * max(1, (int(pace) // 100 or 200_000) // len(one))
    left = dict.fromkeys(peers, b"")
    for peer in peers:
        peer.setblocking(False)
    while left:
        for peer in select.select([], list(left), [], 1)[1]:
            data = left[peer] or parts
            try:
                left[peer] = data[peer.send(data) :]
            except OSError:
                del left[peer]
        time.sleep(0.01 if pace else 0)


KINDS: dict[str, Callable[..., None]] = {
    "slow": slow,
    "killed": killed,
    "local-killed": local_killed,
    "local-come-and-go": local_come_and_go,
    "local-hoard": local_hoard,
    "local-nonsense": local_nonsense,
    "local-garbage": local_garbage,
    "come-and-go": come_and_go,
    "knock": knock,
    "flood": flood,
    "fuzz": fuzz,
    "unfinished": unfinished,
}


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument(
        "numbers", nargs="+", type=lambda word: int(word) if word.isdigit() else word
    )
    options = parser.parse_args()
    KINDS[options.kind](*options.numbers)


if __name__ == "__main__":
    main()
