"""The rate that a video file tells, and not what OpenCV puts in the place of one.

Needs OpenCV: see cv2_import.
"""

from pathlib import Path

import cv2

FASTEST_BELIEVED = 100.0
"""Images a second; above, a file may give the tick of its clock, such as 1/1000 s, for the rate."""

MAX_RATE = 1000.0
"""Images a second; above, it always does."""

LOOKED_AT = 10
"""Images whose time stamps are compared with a rate that is doubted."""

MADE_UP = 25.0
"""Images a second that FFmpeg gives a stream without any."""

_MATROSKA = b"\x1a\x45\xdf\xa3"
_STREAMS = (b"\0\0\1", b"\0\0\0\1", b"\xff\xd8\xff")
"""How a raw stream begins: MPEG, H.264 or H.265 without a container, or JPEGs in a row."""


def own_rate(path: Path) -> float | None:
    """Return the images a second that a video file tells; None where it tells none.

    Where a file tells none OpenCV gives 25, or the tick of the clock by which images are stamped.
    """
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        rate = capture.get(cv2.CAP_PROP_FPS)
        if not 0 < rate <= MAX_RATE:
            return None
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(_STREAMS) and rate == MADE_UP:
            return None
        doubted = rate >= FASTEST_BELIEVED or start == _MATROSKA
        return None if doubted and not _borne_out(capture, rate) else rate
    finally:
        capture.release()


def _borne_out(capture: cv2.VideoCapture, rate: float) -> bool:
    """Return whether the time stamps of the first images are about as far apart as a rate says."""
    stamps: list[float] = []
    while len(stamps) < LOOKED_AT and capture.grab():
        stamps.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    if len(stamps) < 2:
        return True  # nothing speaks against it
    apart = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    return 0.5 < apart * rate / 1000 < 2
