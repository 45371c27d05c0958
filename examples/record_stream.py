"""Records every frame of a camera to a video file, and what came with each to a table.

Needs pyzmq, msgpack, numpy, opencv-python and pmv_tui.client.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import cv2
from addresses import why_silent

from pmv_tui.client import Frame, Subscription, subscribe

COLUMNS = ("frame", "timestamp", "sequence", "gap", "device_timestamp")


class Video:
    """A video file, opened with the first image, as only then its size is known.

    Parameters
    ----------
    path : the file; an `.avi`, each image of it compressed for itself.
    fps : what players go by.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._writer = cv2.VideoWriter()
        self._shape: tuple[int, ...] = ()

    def write(self, frame: Frame) -> None:
        """Append an image.

        Raises
        ------
        OSError : the file cannot be written, or the image has another size than the first.
        """
        height, width = frame.image.shape
        if not self._shape:
            codec = cv2.VideoWriter.fourcc(*"MJPG")
            size = (width, height)
            if not self._writer.open(str(self._path), codec, self._fps, size, isColor=False):
                raise OSError(f"{self._path} cannot be written; is its folder there?")
            self._shape = frame.image.shape
        if frame.image.shape != self._shape:
            # VideoWriter would leave such an image out without a word.
            raise OSError(f"images are {width}x{height} by now: start again for another file")
        self._writer.write(frame.image)

    def close(self) -> None:
        """Complete the file."""
        self._writer.release()


def until(frames: Subscription, seconds: float | None) -> Iterator[Frame]:
    """Yield frames for so many seconds from the first on; None: without end."""
    start = None
    for frame in frames:
        yield frame
        start = start or time.monotonic()
        if seconds is not None and time.monotonic() - start >= seconds:
            return


def record(frames: Iterator[Frame], video: Video, table: Path) -> int:
    """Write frames and their rows until they end or ctrl+c; return how many.

    A line shows how it goes: `behind` grows where the disk or the processor is too slow.
    """
    count = missing = 0
    last_line = time.monotonic()
    with table.open("w", newline="") as file, suppress(KeyboardInterrupt):
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for count, frame in enumerate(frames, 1):
            video.write(frame)
            rows.writerow(
                (count, frame.timestamp, frame.sequence, frame.gap, frame.device_timestamp)
            )
            missing += frame.gap or 0
            if time.monotonic() - last_line >= 0.5:
                last_line = time.monotonic()
                lost = "missing unknown" if frame.gap is None else f"{missing} missing"
                print(f"\r{count} frames, {lost}, {frame.age:.2f} s behind ", end="", flush=True)
    return count


def main() -> int:
    """Read the command line and record; 1 where that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "address",
        nargs="?",
        default="tcp://localhost:5555",
        help="where the camera publishes, its pub_address; default: %(default)s",
    )
    parser.add_argument("--output", default="recording", help="both files' path, without ending")
    parser.add_argument("--seconds", type=float, help="how long; without it until ctrl+c")
    parser.add_argument("--fps", type=float, default=60, help="what players of the video go by")
    options = parser.parse_args()
    table, path = Path(f"{options.output}.csv"), Path(f"{options.output}.avi")
    try:
        with (
            subscribe(options.address, newest=False, timeout=5) as frames,
            closing(Video(path, options.fps)) as video,
        ):
            count = record(until(frames, options.seconds), video, table)
    except TimeoutError as error:
        print(f"\n{error}\n{why_silent(options.address)}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\n{count} frames in {path}, and what came with each in {table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
