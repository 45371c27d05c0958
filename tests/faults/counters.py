"""A client a camera that counts sequence numbers, all in one process of their own.

`python -m tests.faults.counters PORT...` answers each line on its input with one line of JSON: how
late it was woken since the last one, and for every port, in order, the fields of `Stream`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import msgpack
import zmq

from tests.system.counting import Lateness


@dataclass(slots=True)
class Stream:
    """What has come of one camera.

    Parameters
    ----------
    last : the newest sequence number; 0 before the first image.
    received : images.
    missing : numbers that were left out.
    restarts : times that a number was not higher than the one before it.
    """

    last: int = 0
    received: int = 0
    missing: int = 0
    restarts: int = 0

    def count(self, number: int) -> None:
        """Take note of an image."""
        if self.received and number <= self.last:
            self.restarts += 1
        elif self.received:
            self.missing += number - self.last - 1
        self.last = number
        self.received += 1


class Counters:
    """The harness' side of the counting process.

    Parameters
    ----------
    process : runs `main`.
    names : of the cameras, in the order of the ports that it was given.

    Attributes
    ----------
    late : seconds by which the process, which does next to nothing, was woken too late on any
        processor, at most: the machine had too much to do. Set it to 0 to measure from then on.
    """

    def __init__(self, process: "subprocess.Popen[str]", names: list[str]) -> None:
        self._process = process
        self._names = names
        self.late = 0.0

    def report(self) -> dict[str, Stream]:
        """Ask what has come of each camera so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        late, *fields = json.loads(self._process.stdout.readline())
        self.late = max(self.late, late)
        streams = [Stream(**each) for each in fields]
        return dict(zip(self._names, streams, strict=True))


@contextmanager
def counting_apart(ports: Mapping[str, int]) -> Iterator[Counters]:
    """Count the images of several cameras in a process that nothing else keeps busy.

    Parameters
    ----------
    ports : where each camera publishes, by name; the rig's `extended_metadata` must be on.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.counters", *map(str, ports.values())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Counters(process, list(ports))
    finally:
        process.communicate()  # it ends with its input


def main() -> None:
    """Count until the input ends."""
    with zmq.Context[zmq.Socket[bytes]]() as context:
        streams: dict[zmq.Socket[bytes], Stream] = {}
        poller = zmq.Poller()
        poller.register(sys.stdin, zmq.POLLIN)
        for port in map(int, sys.argv[1:]):
            socket = context.socket(zmq.SUB)
            socket.linger = 0
            socket.connect(f"tcp://localhost:{port}")
            socket.subscribe(b"")
            poller.register(socket, zmq.POLLIN)
            streams[socket] = Stream()
        late = Lateness()
        with late.on_each_processor():
            _count(poller, streams, late)
        for each in streams:
            each.close()


def _count(poller: zmq.Poller, streams: dict["zmq.Socket[bytes]", Stream], late: Lateness) -> None:
    while True:
        for ready, _ in late.poll(poller.poll):
            if ready in streams:
                metadata = msgpack.unpackb(ready.recv_multipart()[1])
                streams[ready].count(metadata["sequence"])
            elif sys.stdin.readline():
                print(json.dumps([late.worst, *map(asdict, streams.values())]), flush=True)
                late.worst = 0.0
            else:
                return


if __name__ == "__main__":
    main()
