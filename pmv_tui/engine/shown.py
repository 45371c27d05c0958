"""What is shown of one camera's image: in its window, and in terminals."""

import time

from pmv_tui.control.messages import Thumbnail
from pmv_tui.engine.meter import rate
from pmv_tui.engine.overlays import Overlays
from pmv_tui.engine.preview_feed import PreviewFeed
from pmv_tui.engine.scene import overlays_of
from pmv_tui.engine.thumbnail import thumbnail
from pmv_tui.engine.worker import Worker
from pmv_tui.viewer.messages import Scene

CAPTION_PERIOD = 500_000_000
"""ns between two versions of a window's caption."""


class Shown:
    """Puts together image, overlays, and why the image is not live.

    Parameters
    ----------
    unique_id : the camera's.
    worker : the camera's.
    overlays : what clients sent.
    preview : has the newest frame, for terminals.
    captions : whether windows have one.
    """

    def __init__(
        self,
        unique_id: str,
        worker: Worker,
        overlays: Overlays,
        preview: PreviewFeed,
        *,
        captions: bool,
    ) -> None:
        self._unique_id = unique_id
        self._worker = worker
        self._overlays = overlays
        self._preview = preview
        self.captions = captions
        self._caption = ("", 0)

    def scene(self, label: str, publishing: str) -> Scene:
        """Tell what is drawn over the image in the window now; called by the windows' thread.

        Parameters
        ----------
        label : what people call the camera.
        publishing : whether it does, in a word.
        """
        now = time.monotonic_ns()
        caption = self._caption_at(now, label, publishing) if self.captions else ""
        overlays = overlays_of(self._overlays.drawn(now))
        return Scene(caption=caption, notice=self._notice(now), overlays=overlays)

    def thumbnail(self, known: int, max_width: int, max_height: int) -> Thumbnail:
        """Show the newest frame small, and what is drawn over it now.

        Parameters
        ----------
        known : the number of the frame that the caller has; its pixels are not sent again.
        max_width, max_height : pixels.
        """
        now = time.monotonic_ns()
        progress = self._worker.progress
        told = self.no_thumbnail(self._notice(now))
        told["overlays"] = overlays_of(self._overlays.drawn(now))
        newest = self._preview.newest(now)
        if newest is None:
            return told
        told["sequence"], told["timestamp"] = newest.sequence, newest.timestamp
        told["image_size"] = newest.image.shape[1], newest.image.shape[0]
        if newest.sequence != known:
            small = thumbnail(newest.image, max_width, max_height, progress.pixel_format)
            told["size"], told["pixels"] = (small.shape[1], small.shape[0]), small.tobytes()
        return told

    def no_thumbnail(self, notice: str) -> Thumbnail:
        """Show no frame, and why."""
        progress = self._worker.progress
        return Thumbnail(
            unique_id=self._unique_id,
            sequence=0,
            timestamp=0,
            image_size=(progress.width, progress.height),
            size=(0, 0),
            pixels=None,
            notice=notice,
            overlays=[],
        )

    def _notice(self, now: int) -> str:
        """Say why the image is not live; empty where it is. `now` is monotonic, ns."""
        state, reason = self._worker.state(now)
        if state == "capturing":
            return ""
        return f"{state}: {reason}" if reason else state

    def _caption_at(self, now: int, label: str, publishing: str) -> str:
        """Write name, fps and publishing state; anew twice a second, so that it can be read."""
        text, written = self._caption
        if now - written > CAPTION_PERIOD:
            text = f"{label}  {rate(self._worker.arrivals, now):.1f} fps  {publishing}"
            self._caption = text, now
        return text
