"""An open GenICam camera and its stream of frames, by Aravis. Needs PyGObject: aravis_import."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from gi.repository import Aravis, GLib

from pmv_tui.cameras.aravis_devices import devices
from pmv_tui.cameras.aravis_features import AravisFeatures
from pmv_tui.cameras.base import CameraError, CameraLost, Frame, FrameCounts
from pmv_tui.cameras.frame_ids import missing_between
from pmv_tui.cameras.genicam import ONE_BYTE, REPLUG
from pmv_tui.cameras.genicam_apply import apply_settings
from pmv_tui.cameras.genicam_camera import GenICamCamera
from pmv_tui.config.schema import CameraConfig

logger = logging.getLogger(__name__)

BUFFERS = 8
"""Frames that may arrive while the worker is busy with another one."""

CLOSE_WAIT = 1.0
"""Seconds that a closing may take at most; the rest of it happens in the background."""


class AravisCamera(GenICamCamera):
    """A camera that streams.

    No signal handlers of Aravis' are used: they would run Python code in threads of its own. What
    they would tell is asked for instead.

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
        payload = self._camera.get_payload()
        for _ in range(BUFFERS):
            self._stream.push_buffer(Aravis.Buffer.new_allocate(payload))
        self._camera.start_acquisition()

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
        arrived = [first]
        while (buffer := self._stream.try_pop_buffer()) is not None:
            arrived.append(buffer)
        try:
            whole = [buffer for buffer in arrived if self._is_whole(buffer)]
            # Where the buffers had run out, what they hold is older than what was lost since.
            fresh = [] if self._ran_out() else whole[-1:]
            self.counts.count(time.time_ns(), skipped=len(whole) - len(fresh))
            return _frame(fresh[0]) if fresh else None
        finally:
            for buffer in arrived:
                self._stream.push_buffer(buffer)

    def _is_whole(self, buffer: Any) -> bool:
        """Count what was lost before a buffer, and tell whether it holds a whole frame."""
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
        """Tell whether frames found no buffer since this was last asked."""
        # How many is not told: GigE Vision's counts the packets.
        underruns = self._stream.get_info_uint64_by_name("n_underruns")
        ran_out = bool(underruns > self._underruns)
        self._underruns = underruns
        self._gap_expected |= ran_out
        return ran_out

    @contextmanager
    def _answering(self, trouble: str) -> Iterator[None]:
        """Tell apart a camera that is gone and one that refuses."""
        self._check_alive()  # its silence would take seconds
        try:
            yield
        except GLib.Error as error:
            self._check_alive()
            raise CameraError(f"{trouble}: {error.message}", REPLUG) from error

    def _check_alive(self) -> None:
        """See that the camera is there.

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
        held = [self._camera, vars(self).pop("_features", None), self._stream]
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


def _frame(buffer: Any) -> Frame:
    """Copy a whole frame out of its buffer, with the time at which its first packet arrived."""
    pixel_format = buffer.get_image_pixel_format()
    if _bits_per_pixel(pixel_format) != 8:
        raise CameraError(
            f"the camera sends pixels of format {pixel_format:#x}, not of one byte", ONE_BYTE
        )
    width, height = buffer.get_image_width(), buffer.get_image_height()
    row = width + buffer.get_image_padding().x_padding
    image = np.frombuffer(buffer.get_image_data(), np.uint8, height * row).reshape(height, row)
    return Frame(
        np.ascontiguousarray(image[:, :width]),
        buffer.get_system_timestamp(),
        buffer.get_timestamp() or None,
    )


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
