"""Finds the brightest spot in the newest image, sends a box back, and tells how old images were.

Needs pyzmq, msgpack, numpy and pmv_tui.client.
"""

import sys
import time
from contextlib import suppress

import numpy as np

from pmv_tui.client import boxes, subscribe

STEP = 4
"""Pixels: only each fourth one of a row and of a column is looked at."""

HALF = 12
"""Pixels from the box's middle to its sides."""


def percentiles(seconds: list[float]) -> str:
    """Write the median, the 99th percentile and the largest of some durations, in ms."""
    p50, p99, largest = np.percentile(seconds, (50, 99, 100)) * 1000
    return f"p50 {p50:.2f}  p99 {p99:.2f}  max {largest:.2f} ms"


def main(pub: str = "tcp://localhost:5555", pull: str = "tcp://localhost:5556") -> None:
    """Track until interrupted; the addresses are those of the config's left camera."""
    received: list[float] = []
    answered: list[float] = []
    next_report = time.monotonic() + 1
    with subscribe(pub) as frames, boxes(pull) as spots:
        for frame in frames:
            received.append(frame.age)
            coarse = frame.image[::STEP, ::STEP]
            row, column = np.unravel_index(coarse.argmax(), coarse.shape)
            x, y = int(column) * STEP, int(row) * STEP
            spots.send(((x - HALF, y - HALF), (x + HALF, y + HALF)), label="brightest")
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
        main(*sys.argv[1:])
