"""What Basler's and Aravis' cameras have in common: their settings, read and changed live."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager

from pmv_tui.cameras.base import Setting
from pmv_tui.cameras.genicam import Features
from pmv_tui.cameras.genicam_apply import apply_live
from pmv_tui.cameras.genicam_read import read_settings, resulting_rate
from pmv_tui.config.schema import CameraConfig


class GenICamCamera(ABC):
    """An open GenICam camera; how it streams is its back end's.

    Parameters
    ----------
    features : of the open camera.
    config : what it was set to.
    """

    def __init__(self, features: Features, config: CameraConfig) -> None:
        self._features = features
        self._config = config
        self.pixel_format: str = features.get("PixelFormat")
        self.fps = resulting_rate(features)

    def settings(self) -> tuple[Setting, ...]:
        """Read the camera's settings back. See `Camera.settings`."""
        with self._answering("it does not report its settings"):
            return read_settings(self._features, self._config)

    def apply(self, config: CameraConfig) -> None:
        """Set what may be set while it streams. See `Camera.apply`."""
        with self._answering("it refuses a setting"):
            apply_live(self._features, self._config, config)
            self._config = config
            self.fps = resulting_rate(self._features)

    @abstractmethod
    def _answering(self, trouble: str) -> AbstractContextManager[None]:
        """Tell apart a camera that is gone and one that refuses; `trouble` says what it did not."""
