"""Receives a camera's images, prints what comes with each, and answers it.

Needs pyzmq, msgpack and numpy.
"""

from contextlib import suppress

import msgpack
import numpy as np
import zmq
from addresses import next_message, read_addresses

DEFAULTS = {"pub": "tcp://localhost:5555", "pull": "tcp://localhost:5556"}
"""The left camera's, in the config that is shipped."""


def main(pub: str, pull: str) -> None:
    """Print a line for each image until interrupted."""
    context = zmq.Context()
    sub_socket = context.socket(zmq.SUB)
    sub_socket.connect(pub)
    sub_socket.setsockopt_string(zmq.SUBSCRIBE, "")
    push_socket = context.socket(zmq.PUSH)
    push_socket.setsockopt(zmq.LINGER, 0)
    push_socket.connect(pull)
    while True:
        _topic, metadata_packed, image_bytes = next_message(sub_socket, pub)
        metadata = msgpack.unpackb(metadata_packed)
        frame = np.frombuffer(image_bytes, dtype=np.uint8).reshape(
            (metadata["height"], metadata["width"])
        )
        print(metadata["unique_id"], metadata["timestamp"], frame.shape, f"mean {frame.mean():.1f}")
        # By this the rig measures how late the script is.
        push_socket.send_json({"TIMESTAMP": metadata["timestamp"]})


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*read_addresses(__doc__ or "", DEFAULTS))
