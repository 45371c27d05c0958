"""What every camera back end supplies, and the frames and errors it hands over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pmv_tui.config.schema import CameraConfig
from pmv_tui.untrusted import without_passwords


class CameraError(Exception):
    """A camera cannot be opened or used.

    Parameters
    ----------
    reason : what is wrong, in words for the person at the rig.
    remedy : what to do about it; empty where nothing is known.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        reason, remedy = without_passwords(reason), without_passwords(remedy)
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy


class CameraLost(CameraError):  # noqa: N818 - the word the status uses
    """A camera that was streaming is gone: unplugged, powered off, or its driver gave up."""


class EndOfStream(CameraError):  # noqa: N818 - an end, and no failure
    """A video file with `loop = false` has been played to its end; nothing is lost."""


class RestartNeeded(Exception):  # noqa: N818 - a request, and no failure
    """A new config takes effect only when the camera is opened again with it.

    Parameters
    ----------
    settings : the config's keys that need it.
    """

    def __init__(self, *settings: str) -> None:
        super().__init__(f"{', '.join(settings)} cannot be changed while the camera streams")
        self.settings = settings


class BackendUnavailable(CameraError):  # noqa: N818 - a state, reported as it is
    """A back end cannot be used on this machine: its SDK or a shared library is missing."""


NewImage = Callable[[int, int], NDArray[np.uint8]]
"""Returns room for an image of a height and a width, to be filled: uint8, C-contiguous."""


def plain_image(height: int, width: int) -> NDArray[np.uint8]:
    """Return room for an image in memory of its own. See `NewImage`."""
    return np.empty((height, width), np.uint8)


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
    missing : lost on the link, known from gaps in the device's frame ids.
    skipped : overwritten by a newer one before they were fetched.
    failed : arrived incomplete.
    last_missing, last_skipped, last_failed : when the last of each was noticed, ns since the
        epoch on this host's clock; None where there was none.
    """

    missing: int = 0
    skipped: int = 0
    failed: int = 0
    last_missing: int | None = None
    last_skipped: int | None = None
    last_failed: int | None = None

    def count(self, at: int, *, missing: int = 0, skipped: int = 0, failed: int = 0) -> None:
        """Count frames whose loss was noticed now; `at` is ns since the epoch."""
        if missing:
            self.missing += missing
            self.last_missing = at
        if skipped:
            self.skipped += skipped
            self.last_skipped = at
        if failed:
            self.failed += failed
            self.last_failed = at

    def __add__(self, later: "FrameCounts") -> "FrameCounts":
        """Sum the counts of one opening of a camera and those of a later one."""
        return FrameCounts(
            self.missing + later.missing,
            self.skipped + later.skipped,
            self.failed + later.failed,
            later.last_missing or self.last_missing,
            later.last_skipped or self.last_skipped,
            later.last_failed or self.last_failed,
        )


SettingValue = bool | float | str | tuple[int, ...]
"""What a setting can be; a region of interest is (x, y, width, height)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of an open camera, as the camera reports it now.

    It goes over the control socket as it is: what each field means is documented with
    `pmv_tui.wire.status.SettingStatus`.
    """

    name: str
    wanted: SettingValue | None
    actual: SettingValue | None
    lowest: float | tuple[int, ...] | None = None
    highest: float | tuple[int, ...] | None = None
    step: float | tuple[int, ...] | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    live: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that a search found.

    Parameters
    ----------
    unique_id : `<serial>-<backend>`.
    description : model and maker, for people.
    link : what its images come over, `USB3` or `GigE`; empty where it is neither, or not known.
    names : what the config's `device` may call it, beside its serial number.
    """

    unique_id: str
    description: str
    link: str = ""
    names: tuple[str, ...] = ()


class Camera(Protocol):
    """An open camera that streams. Used by one thread at a time: its worker's.

    A class that derives from this one need not write `settings` and `apply`: without them nothing
    is known of its settings, and every change of the config opens the camera again.

    Attributes
    ----------
    pixel_format : what the bytes of an image are: `Mono8`, `BayerRG8`, ….
    fps : frames a second the device says it makes; None where it does not say.
    counts : what was lost on the way here.
    new_image : returns room for an image; set by the worker, after the opening. An image that is
        written there is shared with scripts and windows without a copy.
    """

    new_image: NewImage = staticmethod(plain_image)
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
        EndOfStream : a video file came to its end.
        CameraError : the stream broke in another way.
        """
        ...

    def settings(self) -> tuple[Setting, ...]:
        """Ask the camera how it is set, and within which ranges it could be.

        This talks to the device, which may take some milliseconds: it is for after the opening and
        after a change, and not for every frame.

        Raises
        ------
        CameraLost : the camera is gone.
        CameraError : it does not answer.
        """
        return ()

    def apply(self, config: CameraConfig) -> None:  # noqa: ARG002 - for those that need it
        """Apply what differs in a new config of the same camera, without ending the stream.

        What the camera makes of it, `settings` reports afterwards.

        Raises
        ------
        RestartNeeded : the camera must be opened again for it; nothing has been changed.
        CameraLost : the camera is gone.
        CameraError : it refuses.
        """
        raise RestartNeeded("the config")

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
