"""Finds the brightest spot of a camera's image and sends it back as key points with a label.

Stands for a pose tracker. Needs pyzmq, msgpack and numpy.
"""

from contextlib import suppress

import msgpack
import numpy as np
import zmq
from addresses import next_message, read_addresses

DEFAULTS = {"pub": "tcp://localhost:5555", "pull": "tcp://localhost:5556"}
"""The left camera's, in the config that is shipped."""

BLOCK = 16
"""Pixels: the image is searched in blocks of this size, so that noise has no say."""


def main(pub: str, pull: str) -> None:
    """Track until interrupted."""
    context = zmq.Context()
    sub_socket = context.socket(zmq.SUB)
    sub_socket.setsockopt(zmq.RCVHWM, 32)  # room for what comes while one image is worked on
    sub_socket.connect(pub)
    sub_socket.setsockopt_string(zmq.SUBSCRIBE, "")
    push_socket = context.socket(zmq.PUSH)
    push_socket.setsockopt(zmq.LINGER, 0)
    push_socket.connect(pull)
    while True:
        parts = next_message(sub_socket, pub)
        while sub_socket.poll(0):
            parts = next_message(sub_socket, pub)
        _topic, metadata_packed, image_bytes = parts
        metadata = msgpack.unpackb(metadata_packed)
        frame = np.frombuffer(image_bytes, dtype=np.uint8).reshape(
            (metadata["height"], metadata["width"])
        )
        rows, columns = (side // BLOCK for side in frame.shape)
        blocks = frame[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
        row, column = np.unravel_index(blocks.mean(axis=(1, 3)).argmax(), (rows, columns))
        x, y = (float(each + 0.5) * BLOCK for each in (column, row))
        points = [[x, y], [x - 40, y], [x + 40, y], [x, y - 40], [x, y + 40]]
        group = {"POINTS": points, "LABEL": "brightest", "COLOR": [255, 160, 0]}
        # With the image's time stamp, the rig measures how late the points are.
        push_socket.send_json({"DRAW_POINTS": group, "TIMESTAMP": metadata["timestamp"]})


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*read_addresses(__doc__ or "", DEFAULTS))
