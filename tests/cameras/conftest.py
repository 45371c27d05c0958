"""Fixtures for the tests of the cameras."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

WriteVideo = Callable[[Iterable[NDArray[np.uint8]]], Path]
"""Writes colour images, uint8, shape (height, width, 3), to a video file of 100 images a second."""


@pytest.fixture
def write_video(opencv: None, tmp_path: Path) -> WriteVideo:  # noqa: ARG001 - for its skip
    """A function that writes images to a video file, and gives its path."""
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    def write(images: Iterable[NDArray[np.uint8]]) -> Path:
        path = tmp_path / "video.avi"
        first, *others = images
        height, width = first.shape[:2]
        fourcc = cv2.VideoWriter.fourcc(*"MJPG")
        writer = cv2.VideoWriter(str(path), fourcc, 100.0, (width, height))
        for image in (first, *others):
            writer.write(image)
        writer.release()
        return path

    return write


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pylon has two emulated cameras, 0815-0000 and 0815-0001."""
    pytest.importorskip("pypylon.pylon", exc_type=ImportError)
    monkeypatch.setenv("PYLON_CAMEMU", "2")
