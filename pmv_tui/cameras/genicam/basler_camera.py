"""An open Basler camera and its stream of frames. Needs pypylon.

pylon ends its waits by SIGALRM: in a process that handles that signal itself they never end.
"""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypylon import genicam, pylon

from pmv_tui.cameras.base import (
    BackendUnavailable,
    CameraError,
    CameraLost,
    FoundCamera,
    Frame,
    FrameCounts,
    NewImage,
)
from pmv_tui.cameras.genicam.features import ONE_BYTE, REPLUG, Features, Range, missing_between
from pmv_tui.cameras.genicam.settings import GenICamCamera, apply_settings
from pmv_tui.config.schema import CameraConfig


class BaslerFeatures:
    """See `Features`.

    Parameters
    ----------
    nodes : the open camera's node map.
    """

    def __init__(self, nodes: Any) -> None:
        self._nodes = nodes

    def has(self, name: str) -> bool:
        """Return whether it is there and in use. See `Features.has`."""
        return self._find(name) is not None

    def writable(self, name: str) -> bool:
        """Return whether it can be set now. See `Features.writable`."""
        return bool(genicam.IsWritable(self._nodes.GetNode(name)))

    def get(self, name: str) -> Any:
        """Return its value. See `Features.get`."""
        return self._nodes.GetNode(name).GetValue()

    def set(self, name: str, value: Any) -> None:
        """Set it. See `Features.set`."""
        self._nodes.GetNode(name).SetValue(value)

    def range(self, name: str) -> Range:
        """Return what it may be now. See `Features.range`."""
        node = self._nodes.GetNode(name)
        stepped = isinstance(node, genicam.IInteger) or node.HasInc()
        return Range(node.GetMin(), node.GetMax(), node.GetInc() if stepped else None)

    def choices(self, name: str) -> list[str]:
        """List what may be chosen now. See `Features.choices`."""
        node = self._nodes.GetNode(name)
        return [
            entry
            for entry in node.GetSymbolics()
            if genicam.IsAvailable(node.GetEntryByName(entry))
        ]

    def _find(self, name: str) -> Any | None:
        try:
            node = self._nodes.GetNode(name)
        except genicam.LogicalErrorException:  # how some versions say that there is none
            return None
        return node if genicam.IsAvailable(node) else None


logger = logging.getLogger(__name__)

MAX_WAIT = 0.5
"""Seconds that the SDK is asked to wait at a time."""


class BaslerCamera(GenICamCamera):
    """A Basler camera that streams.

    No event handlers of pylon's are used: those written in Python can crash the interpreter when
    it exits.

    Parameters
    ----------
    device : pylon.InstantCamera, open and set; destroyed with this camera.
    config : what it was set to.

    Raises
    ------
    CameraError : the stream cannot be started.
    """

    def __init__(self, device: Any, config: CameraConfig) -> None:
        self.counts = FrameCounts()
        self._device = device
        self.serial = device.GetDeviceInfo().GetSerialNumber()
        self._last_block_id: int | None = None
        try:
            super().__init__(BaslerFeatures(device.GetNodeMap()), config)
            self._ns_per_tick = _ns_per_tick(self._features)
            # The newest frame wins; what was not fetched in time is counted as skipped.
            device.StartGrabbing(pylon.GrabStrategy_LatestImageOnly)
        except genicam.GenericException as error:
            raise CameraError(f"the camera does not stream: {_reason(error)}", REPLUG) from error

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the next whole frame. See `Camera.grab`."""
        deadline = time.monotonic() + timeout
        while (wait := deadline - time.monotonic()) >= 0:
            frame = self._retrieve(min(wait, MAX_WAIT))
            if frame is not None:
                return frame
        return None

    def _retrieve(self, timeout: float) -> Frame | None:
        """Fetch what the SDK has next; None where that is nothing, or not a whole frame."""
        try:
            result = self._device.RetrieveResult(
                round(timeout * 1000), pylon.TimeoutHandling_Return
            )
            timestamp = time.time_ns()
            try:
                if result.IsValid():
                    return self._receive(result, timestamp)
            finally:
                result.Release()
            self._check_alive()
        except genicam.GenericException as error:
            self._check_alive()
            raise CameraError(f"the stream broke: {_reason(error)}", REPLUG) from error
        return None

    def _receive(self, result: Any, timestamp: int) -> Frame | None:
        """Count what was lost before a result, and copy its image out of the SDK's buffer."""
        skipped = result.GetNumberOfSkippedImages()
        block_id = result.GetBlockID()
        missing = max(0, missing_between(self._last_block_id, block_id) - skipped)
        failed = not result.GrabSucceeded()
        self.counts.count(timestamp, missing=missing, skipped=skipped, failed=int(failed))
        self._last_block_id = block_id
        if failed:
            logger.debug("failed grab: %s", result.GetErrorDescription())
            return None
        ticks = result.GetTimeStamp()
        device_timestamp = round(ticks * self._ns_per_tick) if ticks else None
        return Frame(_image(result, self.new_image), timestamp, device_timestamp)

    @contextmanager
    def _answering(self, trouble: str) -> Iterator[None]:
        """Distinguish a camera that is gone from one that refuses."""
        try:
            yield
        except genicam.GenericException as error:
            self._check_alive()
            raise CameraError(f"{trouble}: {_reason(error)}", REPLUG) from error

    def _check_alive(self) -> None:
        """Check that the camera is there and streams.

        Raises
        ------
        CameraLost : it is gone.
        CameraError : it is there, but its stream has stopped.
        """
        if self._device.IsCameraDeviceRemoved():
            raise CameraLost("the camera is gone", "check its cable and its power")
        if not self._device.IsGrabbing():
            raise CameraError("the stream has stopped by itself", REPLUG)

    def close(self) -> None:
        """Stop the stream and release the device. See `Camera.close`."""
        if not self._device.IsPylonDeviceAttached():
            return
        try:
            self._device.DestroyDevice()
        except genicam.GenericException as error:  # a camera that is gone cannot say goodbye
            logger.debug("closing a Basler camera: %s", error)


_LINKS = {"BaslerUsb": "USB3", "BaslerGigE": "GigE"}
"""By pylon's names for the classes of devices; the emulator's is none of them."""


def list_cameras() -> list[FoundCamera]:
    """List the connected cameras, in use or not.

    Raises
    ------
    BackendUnavailable : pylon cannot search.
    """
    try:
        devices = pylon.TlFactory.GetInstance().EnumerateDevices()
    except genicam.GenericException as error:
        raise BackendUnavailable(f"pylon cannot search for cameras: {_reason(error)}") from error
    return [
        FoundCamera(
            f"{device.GetSerialNumber()}-basler",
            f"{device.GetVendorName()} {device.GetModelName()}",
            _LINKS.get(device.GetDeviceClass(), ""),
            _names(device),
        )
        for device in devices
    ]


def open_camera(config: CameraConfig) -> BaslerCamera:
    """Open the camera with the config's serial number, apply the settings, start the stream.

    Raises
    ------
    CameraError : it is not there, it is in use, or it refuses a setting; says which.
    """
    with ExitStack() as on_failure:
        device = _open_device(config)
        on_failure.callback(device.DestroyDevice)
        try:
            features = BaslerFeatures(device.GetNodeMap())
            apply_settings(features, config)
            if config.source is not None:
                _show_picture(features, str(config.source))
        except genicam.GenericException as error:
            raise CameraError(
                f"Basler camera {config.serial} refuses a setting: {_reason(error)}",
                "see whether Basler's pylon Viewer can set it",
            ) from error
        camera = BaslerCamera(device, config)
        on_failure.pop_all()
    return camera


def _show_picture(features: BaslerFeatures, path: str) -> None:
    """Let an emulated camera show a picture instead of its test image.

    Raises
    ------
    CameraError : the camera is a real one, or there is no such picture.
    """
    if not features.has("ImageFilename"):
        raise CameraError(
            "a real camera shows what it sees, and no picture",
            "take the line `source` out of its settings; only the emulator has it",
        )
    if not Path(path).is_file():
        raise CameraError(f"there is no picture {path}", "see the setting `source`")
    features.set("ImageFilename", path)
    features.set("ImageFileMode", "On")
    features.set("TestImageSelector", "Off")


def _names(device: Any) -> tuple[str, ...]:
    """Return what a device is called: the name that its user gave it, and pylon's for people."""
    names = (device.GetUserDefinedName(), device.GetFriendlyName())
    return tuple(dict.fromkeys(filter(None, names)))


def _find(factory: Any, config: CameraConfig) -> list[Any]:
    """Find the devices with the config's serial number, or of the name that it gives."""
    if config.device:
        return [each for each in factory.EnumerateDevices() if config.device in _names(each)]
    wanted = pylon.DeviceInfo()
    wanted.SetSerialNumber(config.serial)
    return list(factory.EnumerateDevices([wanted]))


def _open_device(config: CameraConfig) -> Any:
    """Open the camera that a config means: pylon.InstantCamera."""
    serial = config.device or config.serial
    try:
        factory = pylon.TlFactory.GetInstance()
        found = _find(factory, config)
        if not found:
            raise CameraError(
                f"no Basler camera {serial} is connected",
                "check its cable and power, and its serial number with: pmv-tui cameras",
            )
        if len(found) > 1:
            raise CameraError(
                f"{len(found)} Basler cameras are called {serial}",
                "give them different user-defined names, or take the line `device` out",
            )
        # Cameras with a GigE plug are reached only here, so this may fail as Open may.
        device = pylon.InstantCamera(factory.CreateDevice(found[0]))
        device.Open()
    except genicam.GenericException as error:
        raise open_error(serial, error) from error
    return device


def open_error(serial: str, error: Exception) -> CameraError:
    """Put why pylon could not open a camera into words."""
    reason = _reason(error)
    # pylon has no error codes; this is how its GigE and its USB layer say it.
    if re.search(r"(controlled|opened) by another", reason):
        return CameraError(
            f"Basler camera {serial} is held by another program",
            "close that program, such as pylon Viewer, or another engine",
        )
    return CameraError(
        f"Basler camera {serial} cannot be opened: {reason}",
        "unplug it and plug it in again; see whether Basler's pylon Viewer can open it",
    )


def _image(result: Any, new_image: NewImage) -> NDArray[np.uint8]:
    """Copy a result's image: uint8, shape (height, width), whatever it was set to before."""
    # pylon's memory: nothing may hold on to it when the block ends.
    with result.GetArrayZeroCopy() as image:
        if image.ndim != 2 or image.dtype.itemsize != 1:
            raise CameraError(
                f"the camera sends images of {image.dtype} and shape {image.shape}, "
                "not one byte a pixel",
                ONE_BYTE,
            )
        copy = new_image(*image.shape)
        copy[:] = image
    return copy


def _ns_per_tick(features: Features) -> float:
    """Ask how long a tick of the camera's clock is; those with a USB plug count in ns."""
    name = "GevTimestampTickFrequency"
    return 1e9 / float(features.get(name)) if features.has(name) else 1.0


def _reason(error: Exception) -> str:
    """Take the sentence out of a GenICam exception, without the place in its source."""
    return str(error).partition(" : ")[0].strip()
