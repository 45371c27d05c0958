"""Finds the largest face in a camera's newest image and sends its box back.

Needs pyzmq, msgpack, numpy and opencv-python 4.x, which ships the cascade file.
"""

from contextlib import suppress
from pathlib import Path

import cv2
import msgpack
import numpy as np
import zmq
from addresses import next_message, read_addresses

DEFAULTS = {"pub": "tcp://localhost:5557", "pull": "tcp://localhost:5558"}
"""The right camera's, in the config that is shipped."""

CASCADE = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"


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
    cascade = cv2.CascadeClassifier(str(CASCADE))
    while True:
        parts = next_message(sub_socket, pub)
        while sub_socket.poll(0):  # finding a face takes longer than a frame: take the newest
            parts = next_message(sub_socket, pub)
        _topic, metadata_packed, image_bytes = parts
        metadata = msgpack.unpackb(metadata_packed)
        frame = np.frombuffer(image_bytes, dtype=np.uint8).reshape(
            (metadata["height"], metadata["width"])
        )
        faces = cascade.detectMultiScale(frame, scaleFactor=1.2, minNeighbors=5, minSize=(60, 60))
        # With the image's time stamp, the rig measures how late the script is, face or not.
        message = {"TIMESTAMP": metadata["timestamp"]}
        if len(faces):
            x, y, w, h = max(faces, key=lambda face: face[2] * face[3])
            message["DRAW_BOX"] = {
                "TOP_LEFT": [int(x), int(y)],
                "BOTTOM_RIGHT": [int(x + w), int(y + h)],
            }
            print(f"face at {x},{y}, {w}x{h}")
        push_socket.send_json(message)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*read_addresses(__doc__ or "", DEFAULTS))
