"""The cameras that Aravis finds, and how one of them is opened. Needs PyGObject: aravis_import."""

import threading
from typing import Any

from gi.repository import Aravis, GLib

from pmv_tui.cameras.base import CameraError, FoundCamera

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
        """Search anew before a camera is opened again: one may be gone, or have moved."""
        self._stale = True

    def _id(self, serial: str) -> str:
        """Give Aravis' own name for the camera with a serial number."""
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
