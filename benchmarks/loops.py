"""The publishers that the product is compared with, each run in a process of its own.

`python -m benchmarks.loops CONTENDER WIDTH HEIGHT FPS PHASES PORT...` publishes a camera at each
port until it is ended. Images, numbers and deadlines come from the code that the product's cameras
use, so that making a frame costs the same everywhere.
"""

import argparse
import threading
import time
from collections.abc import Callable
from typing import get_args

import msgpack
import numpy as np
import zmq
from numpy.typing import NDArray

from benchmarks.cameras import UNPACED, Beat, Phases, each_phase
from pmv_tui.cameras.base import plain_image
from pmv_tui.cameras.simulated.scene import BlobScene
from pmv_tui.engine.clients.delivery import SEND_QUEUE
from pmv_tui.engine.stream.sockets import SEND_BUFFER

Send = Callable[[int, int, NDArray[np.uint8]], None]
"""Sends one frame: its number, its time stamp (ns since the epoch), its image. Where it has a
`new_image`, the image is drawn into what that returns."""

STAMP_BYTES = 16
"""The first pixels of a NetGear frame, which carries no metadata from publisher to subscriber:
time stamp and number are written over them, as two int64."""


def bare(port: int) -> Send:
    """Publish as the documentation of ZeroMQ suggests: short queue, default buffers, no copy."""
    return _documented_parts(_pub_socket(port, send_queue=2))


def tuned(port: int) -> Send:
    """Publish likewise, with the engine's socket settings."""
    return _documented_parts(_pub_socket(port, send_queue=SEND_QUEUE, send_buffer=SEND_BUFFER))


def imagezmq(port: int) -> Send:
    """Publish with imagezmq in its PUB/SUB mode."""
    from imagezmq import ImageSender  # noqa: PLC0415 - only this contender needs it

    sender = ImageSender(connect_to=f"tcp://127.0.0.1:{port}", REQ_REP=False)

    def send(number: int, timestamp: int, image: NDArray[np.uint8]) -> None:
        sender.send_image([timestamp, number], image)

    return send


def vidgear(port: int) -> Send:
    """Publish with vidgear's NetGear in its pattern 2, PUB/SUB, without its lossy compression."""
    from vidgear.gears import NetGear  # noqa: PLC0415 - only this contender needs it

    gear = NetGear(
        address="127.0.0.1", port=str(port), protocol="tcp", pattern=2, jpeg_compression=False
    )

    def send(number: int, timestamp: int, image: NDArray[np.uint8]) -> None:
        image.reshape(-1)[:STAMP_BYTES].view(np.int64)[:] = timestamp, number
        gear.send(image)

    return send


def iceoryx2(port: int) -> Send:
    """Publish through shared memory with iceoryx2."""
    from benchmarks.iceoryx import Sender  # noqa: PLC0415 - only this contender needs it

    return Sender(port)


LOOPS: dict[str, Callable[[int], Send]] = {
    "bare": bare,
    "tuned": tuned,
    "imagezmq": imagezmq,
    "vidgear": vidgear,
    "iceoryx2": iceoryx2,
}


def publish(contender: str, port: int, scene: BlobScene, beat: Beat) -> None:
    """Publish one camera for as long as the process lives."""
    send = LOOPS[contender](port)
    new_image = getattr(send, "new_image", plain_image)
    while True:
        number = beat.wait(timeout=1.0)
        if number is not None:
            image = scene.read(number, new_image)
            send(number, time.time_ns(), image)


def main() -> None:
    """Run a thread a camera."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=LOOPS)
    parser.add_argument("width", type=int)
    parser.add_argument("height", type=int)
    parser.add_argument("fps", type=float, help="frames a second; 0: as fast as it goes")
    parser.add_argument("phases", choices=get_args(Phases))
    parser.add_argument("port", type=int, nargs="+")
    options = parser.parse_args()
    for port, phase in zip(
        options.port, each_phase(len(options.port), options.phases), strict=True
    ):
        scene = BlobScene(options.width, options.height)
        beat = Beat(options.fps or UNPACED, phase)
        about = (options.contender, port, scene, beat)
        threading.Thread(target=publish, args=about).start()


def _pub_socket(port: int, *, send_queue: int, send_buffer: int = -1) -> zmq.Socket[bytes]:
    """Bind a PUB socket; `send_buffer` in bytes, -1: the system's default."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    socket = context.socket(zmq.PUB)
    socket.linger = 0
    socket.sndhwm = send_queue
    socket.sndbuf = send_buffer
    socket.bind(f"tcp://127.0.0.1:{port}")
    return socket


def _documented_parts(socket: zmq.Socket[bytes]) -> Send:
    """Send topic, metadata and image."""

    def send(number: int, timestamp: int, image: NDArray[np.uint8]) -> None:
        height, width = image.shape
        metadata = {
            "unique_id": "0-loop",
            "timestamp": timestamp,
            "height": height,
            "width": width,
            "sequence": number,
        }
        socket.send_multipart([b"image", msgpack.packb(metadata), image.data], copy=False)

    return send


if __name__ == "__main__":
    main()
