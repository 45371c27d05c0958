"""Receives a camera's images and prints what comes with each: the client of the documentation.

Needs pyzmq, msgpack and numpy.
"""

import sys
from contextlib import suppress

import msgpack
import numpy as np
import zmq


def main(address: str = "tcp://localhost:5555") -> None:
    """Print a line for each image until interrupted."""
    context = zmq.Context()
    sub_socket = context.socket(zmq.SUB)
    sub_socket.connect(address)
    sub_socket.setsockopt_string(zmq.SUBSCRIBE, "")
    while True:
        topic, metadata_packed, image_bytes = sub_socket.recv_multipart()
        if topic.decode("utf-8") != "image":
            continue
        metadata = msgpack.unpackb(metadata_packed)
        frame = np.frombuffer(image_bytes, dtype=np.uint8).reshape(
            (metadata["height"], metadata["width"])
        )
        print(metadata["unique_id"], metadata["timestamp"], frame.shape, f"mean {frame.mean():.1f}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
