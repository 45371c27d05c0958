"""Asks the engine for the pictures that are on the screen."""

import asyncio
import time
from collections.abc import Callable, Iterable

from pmv_tui.control.messages import Thumbnail
from pmv_tui.tui.link import EngineLink, Untold
from pmv_tui.tui.widgets.picture_view import PictureView

FIRST_PERIOD = 0.05
"""Seconds from one question to the next while a first image is to come."""


class PictureFeed:
    """Keeps the pictures of one screen up to date; what is not to be seen is not asked for.

    Parameters
    ----------
    link : to the engine.
    rate : questions a second, at most.
    views : gives the pictures that are to be seen now.
    """

    def __init__(
        self, link: EngineLink, rate: float, views: Callable[[], Iterable[PictureView]]
    ) -> None:
        self._link = link
        self._period = 1 / rate
        self._views = views
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Ask at once: other pictures are to be seen, or other sizes."""
        self._hurry.set()

    async def run(self) -> None:
        """Ask until cancelled; one question at a time, however slow."""
        while True:
            self._hurry.clear()
            begun = time.monotonic()
            views = [view for view in self._views() if view.unique_id and all(view.wanted_size)]
            if views:
                await self._ask(views)
            period = FIRST_PERIOD if any(view.waits for view in views) else self._period
            try:
                left = begun + period - time.monotonic()
                await asyncio.wait_for(self._hurry.wait(), max(left, FIRST_PERIOD))
            except TimeoutError:
                continue

    async def _ask(self, views: list[PictureView]) -> None:
        """Ask for pictures of the size that fits all, and hand them to their views."""
        # Tiles differ by a column at most, where those of the screen do not divide evenly.
        sizes = [view.wanted_size for view in views]
        width, height = (min(sides) for sides in zip(*sizes, strict=True))
        known = {view.unique_id: view.known for view in views}
        try:
            told = await self._link.thumbnails(known, width, height)
        except Untold as why:
            for view in views:
                view.freeze(str(why))
            return
        for view, size in zip(views, sizes, strict=True):
            for one in told:
                # While the answer was under way, another camera or size may have been chosen.
                if one["unique_id"] == view.unique_id and view.wanted_size == size:
                    _show(view, one)


def _show(view: PictureView, told: Thumbnail) -> None:
    """Have a view show a picture; one that cannot be drawn says why in its own place."""
    try:
        view.show(told)
    except Exception as error:  # noqa: BLE001 - other cameras' pictures go on
        view.give_up(f"no picture: {type(error).__name__}: {error}")
