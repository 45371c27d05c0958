"""An open GenICam camera and its stream of frames, by Aravis. Needs PyGObject: aravis_import."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from gi.repository import Aravis, GLib
from numpy.typing import NDArray

from pmv_tui.cameras.base import (
    CameraError,
    CameraLost,
    FoundCamera,
    Frame,
    FrameCounts,
    plain_image,
)
from pmv_tui.cameras.genicam.features import ONE_BYTE, REPLUG, Range, missing_between
from pmv_tui.cameras.genicam.settings import GenICamCamera, apply_settings
from pmv_tui.config.schema import CameraConfig

SMALLEST_STEP = 1e-12
"""Aravis gives the smallest float there is for the step of a number that has none."""


class AravisFeatures:
    """See `Features`. Every kind of feature has calls of its own in Aravis.

    Parameters
    ----------
    device : Aravis.Device, open.
    """

    def __init__(self, device: Any) -> None:
        self._device = device

    def has(self, name: str) -> bool:
        """Return whether it is there and in use. See `Features.has`."""
        return bool(self._device.is_feature_available(name))

    def writable(self, name: str) -> bool:
        """Return whether it can be set now. See `Features.writable`."""
        node = self._device.get_feature(name)
        return (
            bool(node.get_actual_access_mode() == Aravis.GcAccessMode.RW) and not node.is_locked()
        )

    def get(self, name: str) -> Any:
        """Return its value. See `Features.get`."""
        device = self._device
        match device.get_feature(name):
            case Aravis.GcEnumeration():
                return device.get_string_feature_value(name)
            case Aravis.GcBoolean():
                return device.get_boolean_feature_value(name)
            case Aravis.GcFloat():
                return device.get_float_feature_value(name)
            case _:
                return device.get_integer_feature_value(name)

    def set(self, name: str, value: Any) -> None:
        """Set it. See `Features.set`."""
        device = self._device
        match device.get_feature(name):
            case Aravis.GcEnumeration():
                device.set_string_feature_value(name, value)
            case Aravis.GcBoolean():
                device.set_boolean_feature_value(name, value)
            case Aravis.GcFloat():
                device.set_float_feature_value(name, value)
            case _:
                device.set_integer_feature_value(name, int(value))

    def range(self, name: str) -> Range:
        """Return what it may be now. See `Features.range`."""
        device = self._device
        if isinstance(device.get_feature(name), Aravis.GcFloat):
            lowest, highest = device.get_float_feature_bounds(name)
            step = device.get_float_feature_increment(name)
            return Range(lowest, highest, step if step > SMALLEST_STEP else None)
        lowest, highest = device.get_integer_feature_bounds(name)
        return Range(lowest, highest, device.get_integer_feature_increment(name))

    def choices(self, name: str) -> list[str]:
        """List what may be chosen now. See `Features.choices`."""
        return list(self._device.dup_available_enumeration_feature_values_as_strings(name))


PROTOCOLS = {"GigEVision": "GigE", "USB3Vision": "USB3"}
"""What is asked for, and the link it means; newer versions of Aravis find webcams too, which are
the opencv back end's."""


class Devices:
    """Aravis' list of cameras, which is one for the whole process.

    A search takes a second, the wait for answers from the network, so that a camera which is known
    is opened without one.
    """

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._stale = True

    def search(self) -> list[FoundCamera]:
        """List the connected cameras, in use or not, but for Basler's: they have their own."""
        with self._one_at_a_time:
            self._update()
            return [
                FoundCamera(
                    f"{Aravis.get_device_serial_nbr(index)}-aravis",
                    f"{Aravis.get_device_vendor(index)} {Aravis.get_device_model(index)}",
                    PROTOCOLS[Aravis.get_device_protocol(index)],
                    (Aravis.get_device_id(index), Aravis.get_device_physical_id(index)),
                )
                for index in self._indices()
                if Aravis.get_device_vendor(index) != "Basler"
            ]

    def open(self, serial: str, name: str = "") -> Any:
        """Open a camera and take control of it.

        Parameters
        ----------
        serial : its serial number.
        name : where it is known by another: its user-defined name, or Aravis' own for it.

        Returns
        -------
        Aravis.Camera

        Raises
        ------
        CameraError : it is not there, or in use.
        """
        try:
            device = Aravis.Camera.new(name or self._id(serial))
        except GLib.Error as error:
            self.forget()
            raise CameraError(
                f"camera {name or serial} cannot be opened: {error.message}",
                "check its cable and power; unplug it and plug it in again",
            ) from error
        # Without control Aravis opens a GigE camera all the same, to look at.
        if device.is_gv_device() and not device.get_device().is_controller():
            raise CameraError(
                f"camera {serial} is held by another program",
                "close that program, or another engine",
            )
        return device

    def forget(self) -> None:
        """Search again before a camera is reopened: one may be gone, or have moved."""
        self._stale = True

    def _id(self, serial: str) -> str:
        """Return Aravis' own name for the camera with a serial number."""
        with self._one_at_a_time:
            known = None if self._stale else self._find(serial)
            if known is None:
                self._update()
                known = self._find(serial)
        if known is None:
            raise CameraError(
                f"no camera {serial} is connected",
                "check its cable and power, and its serial number with: pmv-tui cameras",
            )
        return known

    def _find(self, serial: str) -> str | None:
        for index in self._indices():
            if Aravis.get_device_serial_nbr(index) == serial:
                return str(Aravis.get_device_id(index))
        return None

    def _update(self) -> None:
        Aravis.update_device_list()
        self._stale = False

    @staticmethod
    def _indices() -> list[int]:
        return [
            index
            for index in range(Aravis.get_n_devices())
            if Aravis.get_device_protocol(index) in PROTOCOLS
        ]


devices = Devices()


logger = logging.getLogger(__name__)

BUFFERS = 8
"""Frames that may arrive while the worker is busy with another one."""

CLOSE_WAIT = 1.0
"""Seconds that a closing may take at most; the rest of it happens in the background."""


class AravisCamera(GenICamCamera):
    """A camera that streams.

    No signal handlers of Aravis' are used: they would run Python code in threads of its own. What
    they would report is asked for instead.

    Parameters
    ----------
    camera : Aravis.Camera, open and set.
    config : what it was set to.

    Raises
    ------
    CameraError : the stream cannot be started.
    """

    def __init__(self, camera: Any, config: CameraConfig) -> None:
        self.counts = FrameCounts()
        self._camera = camera
        self._stream: Any = None
        self._rooms: dict[Any, NDArray[np.uint8]] = {}
        """The memory of each of the stream's buffers, which Aravis writes to."""
        self._last_frame_id: int | None = None
        self._underruns = 0
        self._gap_expected = False
        try:
            super().__init__(AravisFeatures(camera.get_device()), config)
            self.serial = camera.get_device_serial_number()
            self._start()
        except GLib.Error as error:
            self.close()
            raise CameraError(f"the camera does not stream: {error.message}", REPLUG) from error

    def _start(self) -> None:
        self._stream = self._camera.create_stream(None, None)
        if self._camera.is_gv_device():
            # As much of the kernel's memory as a frame needs: by default it is less.
            self._stream.set_property("socket-buffer", Aravis.GvStreamSocketBuffer.AUTO)
        self._payload = int(self._camera.get_payload())
        _, _, width, height = self._camera.get_region()
        self._size = height, width
        for _ in range(BUFFERS):
            self._push_new()
        self._camera.start_acquisition()

    def _push_new(self) -> None:
        """Give the stream room for one more frame: an image's, where nothing comes with it."""
        alone = self._payload == self._size[0] * self._size[1]
        room = self.new_image(*self._size) if alone else plain_image(1, self._payload)
        buffer = Aravis.Buffer.new(room.nbytes, room.ctypes.data)
        self._rooms[buffer] = room
        self._stream.push_buffer(buffer)

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the newest whole frame. See `Camera.grab`."""
        deadline = time.monotonic() + timeout
        while (wait := deadline - time.monotonic()) >= 0:
            buffer = self._stream.timeout_pop_buffer(round(wait * 1e6))
            if buffer is None:
                self._check_alive()
                return None
            if (frame := self._newest(buffer)) is not None:
                return frame
        return None

    def _newest(self, first: Any) -> Frame | None:
        """Take the newest of the buffers that have arrived, and give all of them back."""
        arrived, frame = [first], None
        while (buffer := self._stream.try_pop_buffer()) is not None:
            arrived.append(buffer)
        try:
            whole = [buffer for buffer in arrived if self._is_whole(buffer)]
            # Where the buffers had run out, what they hold is older than what was lost since.
            fresh = [] if self._ran_out() else whole[-1:]
            self.counts.count(time.time_ns(), skipped=len(whole) - len(fresh))
            if fresh:
                frame = self._frame(fresh[0])
            return frame
        finally:
            for buffer in arrived:
                if buffer in self._rooms:
                    self._stream.push_buffer(buffer)
                else:
                    self._push_new()

    def _frame(self, buffer: Any) -> Frame:
        """Return a whole frame, with the time at which its first packet arrived.

        An image that fills its buffer leaves it to the receiver; any other is copied out of it.
        """
        pixel_format = buffer.get_image_pixel_format()
        if _bits_per_pixel(pixel_format) != 8:
            raise CameraError(
                f"the camera sends pixels of format {pixel_format:#x}, not of one byte", ONE_BYTE
            )
        height, width = buffer.get_image_height(), buffer.get_image_width()
        if self._rooms[buffer].shape == (height, width):
            image = self._rooms.pop(buffer)
        else:
            row = width + buffer.get_image_padding().x_padding
            sent = np.frombuffer(buffer.get_image_data(), np.uint8, height * row)
            image = self.new_image(height, width)
            image[:] = sent.reshape(height, row)[:, :width]
        return Frame(image, buffer.get_system_timestamp(), buffer.get_timestamp() or None)

    def _is_whole(self, buffer: Any) -> bool:
        """Count what was lost before a buffer; return whether it holds a whole frame."""
        frame_id = buffer.get_frame_id()
        gap = missing_between(self._last_frame_id, frame_id)
        self._last_frame_id = frame_id
        whole = bool(buffer.get_status() == Aravis.BufferStatus.SUCCESS)
        self.counts.count(time.time_ns(), failed=int(not whole))
        if gap and self._gap_expected:
            # Frames that found no buffer: it was this machine that was late.
            self._gap_expected = False
            self.counts.count(time.time_ns(), skipped=gap)
        else:
            self.counts.count(time.time_ns(), missing=gap)
        return whole

    def _ran_out(self) -> bool:
        """Return whether frames found no buffer since this was last asked."""
        # How many is not reported: GigE Vision's counts the packets.
        underruns = self._stream.get_info_uint64_by_name("n_underruns")
        ran_out = bool(underruns > self._underruns)
        self._underruns = underruns
        self._gap_expected |= ran_out
        return ran_out

    @contextmanager
    def _answering(self, trouble: str) -> Iterator[None]:
        """Distinguish a camera that is gone from one that refuses."""
        self._check_alive()  # its silence would take seconds
        try:
            yield
        except GLib.Error as error:
            self._check_alive()
            raise CameraError(f"{trouble}: {error.message}", REPLUG) from error

    def _check_alive(self) -> None:
        """Check that the camera is there.

        Raises
        ------
        CameraLost : it is gone.
        """
        if not self._is_there():
            devices.forget()
            raise CameraLost("the camera is gone", "check its cable and its power")

    def _is_there(self) -> bool:
        if self._camera.is_gv_device():
            # Aravis asks a GigE camera every second, and gives control up when it is silent.
            return bool(self._camera.get_device().is_controller())
        try:
            self._features.get("PixelFormat")
        except GLib.Error as error:
            logger.debug("a USB camera does not answer: %s", error.message)
            return False
        return True

    def close(self) -> None:
        """Stop the stream and release the device. See `Camera.close`.

        Aravis waits many seconds for the answers of a GigE camera that is gone. A thread of its own
        does that, so that neither a stop nor the next try has to.
        """
        if self._camera is None:
            return
        # The features hold the device too; there are none where the opening failed early.
        held = [self._camera, vars(self).pop("_features", None), self._rooms, self._stream]
        self._camera = self._stream = None
        thread = threading.Thread(target=_let_go, args=(held,), name="let go", daemon=True)
        thread.start()
        thread.join(CLOSE_WAIT)


def open_camera(config: CameraConfig) -> AravisCamera:
    """Open the camera with the config's serial number, apply the settings, start the stream.

    Raises
    ------
    CameraError : it is not there, it is in use, or it refuses a setting; says which.
    """
    camera = devices.open(config.serial, config.device)
    try:
        apply_settings(AravisFeatures(camera.get_device()), config)
    except GLib.Error as error:
        raise CameraError(
            f"camera {config.serial} refuses a setting: {error.message}",
            "change it in the config; see what the camera allows with its maker's program",
        ) from error
    return AravisCamera(camera, config)


def _bits_per_pixel(pixel_format: int) -> int:
    """Read the size of a pixel out of its format's code.

    Source: the Pixel Format Naming Convention of GenICam, "Pixel format value assignment".
    """
    return pixel_format >> 16 & 0xFF


def _let_go(held: list[Any]) -> None:
    """Stop a stream and drop all that keeps the device open, the stream first."""
    try:
        held[0].stop_acquisition()
    except GLib.Error as error:  # a camera that is gone cannot say goodbye
        logger.debug("closing a camera: %s", error.message)
    while held:
        held.pop()
