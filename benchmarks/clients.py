"""The clients, each run in a process of its own: receives, and notes when each frame came.

`python -m benchmarks.clients KIND PORT FILE` prints a line with its first frame, receives until it
is terminated, and then saves FILE: an int64 array in numpy's format, a row a frame, with the time
after the image was reshaped, and answered where it is, the frame's time stamp (both ns since the
epoch), and its number.
"""

import argparse
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

import msgpack
import numpy as np
import zmq

from benchmarks.loops import STAMP_BYTES

if TYPE_CHECKING:
    from pmv_tui.client.stream import Road

Received = tuple[int, int]
"""A frame's time stamp and number."""


def ipc_address(port: int) -> str:
    """Return where a camera is received that is published over ipc; the port is but its name."""
    return f"ipc://{tempfile.gettempdir()}/pmvbench-{port}"


def documented(port: int, key: str | None = None) -> Iterator[Received]:
    """Receive as the protocol's documentation shows it, with a socket as it comes."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    socket = context.socket(zmq.SUB)
    if key:
        from pmv_tui.curve import Key  # noqa: PLC0415 - the others must not pay for it

        Key.load(key).apply(socket)
    socket.connect(f"tcp://localhost:{port}")
    socket.setsockopt_string(zmq.SUBSCRIBE, "")
    while True:
        topic, metadata_packed, image_bytes = socket.recv_multipart()
        if topic.decode("utf-8") != "image":
            continue
        metadata = msgpack.unpackb(metadata_packed)
        np.frombuffer(image_bytes, dtype=np.uint8).reshape((metadata["height"], metadata["width"]))
        yield metadata["timestamp"], metadata["sequence"]


def fresh(port: int) -> Iterator[Received]:
    """Receive with the product's own client, which gives the newest frame."""
    for timestamp, _ in subscribed(port):
        yield timestamp, 0  # its numbers have gaps by design


def subscribed(
    port: int, *, road: "Road | None" = None, newest: bool = True, copied: bool = False
) -> Iterator[Received]:
    """Receive with the product's own client.

    Parameters
    ----------
    copied : whether the image is copied, as by a script that keeps it or works on it in place.
    """
    from pmv_tui.client import subscribe  # noqa: PLC0415 - the others must not pay for it

    address = ipc_address(port) if road == "ipc" else f"tcp://localhost:{port}"
    for frame in subscribe(address, road=road, newest=newest):
        if copied:
            frame.image.copy()
        yield frame.timestamp, cast("int", frame.sequence)


def iceoryx2(port: int, *, copied: bool = False) -> Iterator[Received]:
    """Receive with iceoryx2."""
    from benchmarks.iceoryx import received  # noqa: PLC0415 - only this kind needs it

    for number, timestamp, image in received(port):
        if copied:
            image.copy()
        yield timestamp, number


def imagezmq(port: int) -> Iterator[Received]:
    """Receive with imagezmq in its PUB/SUB mode."""
    from imagezmq import ImageHub  # noqa: PLC0415 - only this kind needs it

    hub = ImageHub(open_port=f"tcp://127.0.0.1:{port}", REQ_REP=False)
    while True:
        (timestamp, number), _ = hub.recv_image()
        yield timestamp, number


def vidgear(port: int) -> Iterator[Received]:
    """Receive with vidgear's NetGear in its pattern 2, whose receiver is the one that binds."""
    from vidgear.gears import NetGear  # noqa: PLC0415 - only this kind needs it

    gear = NetGear(
        address="127.0.0.1",
        port=str(port),
        protocol="tcp",
        pattern=2,
        receive_mode=True,
        jpeg_compression=False,
    )
    while (image := gear.recv()) is not None:
        timestamp, number = image.reshape(-1)[:STAMP_BYTES].view(np.int64).tolist()
        yield timestamp, number


KINDS: dict[str, Callable[..., Iterator[Received]]] = {
    "documented": documented,
    "fresh": fresh,
    "imagezmq": imagezmq,
    "vidgear": vidgear,
    "tcp": partial(subscribed, road="tcp"),
    "tcp, every": partial(subscribed, road="tcp", newest=False),
    "ipc": partial(subscribed, road="ipc"),
    "ipc, every": partial(subscribed, road="ipc", newest=False),
    "local": partial(subscribed, road="local"),
    "local, every": partial(subscribed, road="local", newest=False),
    "local, copied": partial(subscribed, road="local", copied=True),
    "local, every, copied": partial(subscribed, road="local", newest=False, copied=True),
    "iceoryx2": iceoryx2,
    "iceoryx2, copied": partial(iceoryx2, copied=True),
}


def answering(kind: str, port: int | None) -> Callable[[int], object]:
    """Return what answers an image by its time stamp: bare pyzmq, or the product's own client."""
    if port is None:
        return int
    if kind != "documented":
        from pmv_tui.client import boxes  # noqa: PLC0415 - the others must not pay for it

        return boxes(f"tcp://localhost:{port}").answer
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    socket = context.socket(zmq.PUSH)
    socket.linger = 0
    socket.connect(f"tcp://localhost:{port}")
    return lambda timestamp: socket.send_json({"TIMESTAMP": timestamp})


def main() -> None:
    """Receive until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("port", type=int)
    parser.add_argument("file")
    parser.add_argument("--work", type=float, default=0.0, help="seconds that a frame is worked on")
    parser.add_argument("--key", help="the file of a key, for the documented client")
    parser.add_argument("--answer-at", type=int, help="the port where each frame is answered")
    options = parser.parse_args()
    answer = answering(options.kind, options.answer_at)
    keys = {"key": options.key} if options.key else {}
    rows: list[tuple[int, int, int]] = []
    ended: list[int] = []
    # Not SIGINT: a process of a shell's background job inherits that it is ignored. Nothing is
    # raised in the midst of a library's call: another frame comes soon.
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    for timestamp, number in KINDS[options.kind](options.port, **keys):
        answer(timestamp)
        rows.append((time.time_ns(), timestamp, number))
        if len(rows) == 1:
            print("receiving", flush=True)
        if options.work:
            time.sleep(options.work)
        if ended:
            break
    np.save(options.file, np.array(rows, np.int64).reshape(-1, 3))


if __name__ == "__main__":
    main()
