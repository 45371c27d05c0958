"""Finds the brightest spot in the newest image, sends a box back, and reports how old images were.

Needs pyzmq, msgpack, numpy and pmv_tui.client.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from addresses import PATIENCE, read_addresses, taken, why_silent

from pmv_tui.client import Frame, Subscription, boxes, subscribe

DEFAULTS = {"pub": "tcp://localhost:5555", "pull": "tcp://localhost:5556"}
"""The left camera's, in the config that is shipped."""

STEP = 4
"""Pixels: only each fourth one of a row and of a column is looked at."""

HALF = 12
"""Pixels from the box's middle to its sides."""


def percentiles(seconds: list[float]) -> str:
    """Write the median, the 99th percentile and the largest of some durations, in ms."""
    p50, p99, largest = np.percentile(seconds, (50, 99, 100)) * 1000
    return f"p50 {p50:.2f}  p99 {p99:.2f}  max {largest:.2f} ms"


def told_while_silent(frames: Subscription, pub: str) -> Iterator[Frame]:
    """Yield the frames, and say what may be in the way while none comes."""
    while True:
        try:
            yield from frames
        except TimeoutError:
            why = taken(pub) if frames.malformed else why_silent(pub)
            print(f"no image within {PATIENCE:g} s: {why}", file=sys.stderr, flush=True)
        else:
            return


def main(pub: str, pull: str) -> None:
    """Track until interrupted."""
    received: list[float] = []
    answered: list[float] = []
    next_report = time.monotonic() + 1
    with subscribe(pub, timeout=PATIENCE) as frames, boxes(pull) as spots:
        for frame in told_while_silent(frames, pub):
            received.append(frame.age)
            coarse = frame.image[::STEP, ::STEP]
            row, column = np.unravel_index(coarse.argmax(), coarse.shape)
            x, y = int(column) * STEP, int(row) * STEP
            corners = (x - HALF, y - HALF), (x + HALF, y + HALF)
            spots.send(corners, label="brightest", frame=frame)  # the rig measures how late
            answered.append(frame.age)
            if time.monotonic() > next_report:
                print(
                    f"{len(received)} images, age at receipt: {percentiles(received)}; "
                    f"when the box was sent: {percentiles(answered)}",
                    flush=True,
                )
                received.clear()
                answered.clear()
                next_report = time.monotonic() + 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*read_addresses(__doc__ or "", DEFAULTS))
