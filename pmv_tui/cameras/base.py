"""What every camera back end supplies, and the frames and errors it hands over."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pmv_tui.config.schema import CameraConfig


class CameraError(Exception):
    """A camera cannot be opened or used.

    Parameters
    ----------
    reason : what is wrong, in words for the person at the rig.
    remedy : what to do about it; empty where nothing is known.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy


class CameraLost(CameraError):  # noqa: N818 - the word the status uses
    """A camera that was streaming is gone: unplugged, powered off, or its driver gave up."""


class BackendUnavailable(CameraError):  # noqa: N818 - a state, reported as it is
    """A back end cannot be used on this machine: its SDK or a shared library is missing."""


@dataclass(slots=True)
class Frame:
    """One image, as it arrived.

    Parameters
    ----------
    image : uint8, shape (height, width), C-contiguous. The receiver's own: the back end does not
        write to it again.
    timestamp : ns since the epoch on this host's clock, taken when the frame arrived.
    device_timestamp : ns on the device's own clock; None where it has none.
    """

    image: NDArray[np.uint8]
    timestamp: int
    device_timestamp: int | None = None


@dataclass(slots=True)
class FrameCounts:
    """Frames that a device made and its worker never got, since the camera was opened.

    Parameters
    ----------
    missing : lost on the link, told by gaps in the device's frame ids.
    skipped : overwritten by a newer one before they were fetched.
    failed : arrived incomplete.
    """

    missing: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that a search found.

    Parameters
    ----------
    unique_id : `<serial>-<backend>`.
    description : model and maker, for people.
    """

    unique_id: str
    description: str


class Camera(Protocol):
    """An open camera that streams. Used by one thread at a time: its worker's.

    Attributes
    ----------
    pixel_format : what the bytes of an image are: `Mono8`, `BayerRG8`, ….
    fps : frames a second the device says it makes; None where it does not say.
    counts : what was lost on the way here.
    """

    pixel_format: str
    fps: float | None
    counts: FrameCounts

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the next new frame.

        Parameters
        ----------
        timeout : seconds; None is returned when no frame arrived in them.

        Raises
        ------
        CameraLost : the camera is gone.
        CameraError : the stream broke in another way.
        """
        ...

    def close(self) -> None:
        """Release the device. May be called more than once, and after a loss."""
        ...


class Backend(Protocol):
    """A way to reach cameras: one module of this package, or a third party's."""

    name: str

    def discover(self) -> list[FoundCamera]:
        """Search for cameras, without disturbing one that is in use.

        Raises
        ------
        BackendUnavailable : the search cannot be made; says what to install.
        """
        ...

    def open(self, config: CameraConfig) -> Camera:
        """Open a camera, apply its settings and start its stream.

        Raises
        ------
        BackendUnavailable : what the back end needs is missing.
        CameraError : there is no such camera, it is in use, or it refuses.
        """
        ...
