"""Saves cameras' newest images where the TUI was started, as `pmv-tui snapshot` does."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pmv_tui.image_file import (
    SLOW_DISK,
    FileIsThereError,
    NotSavedError,
    file_name,
    names_for_files,
    not_saved,
    save_image,
    why_none,
)
from pmv_tui.threads import InOrder
from pmv_tui.tui.link import EngineLink, Unanswered
from pmv_tui.wire.status import CameraStatus, Image, SavedImage

WAIT = 5.0
"""Seconds that a camera may take to give an image. An engine keeps images for those who ask, and
has none from before."""

ELSEWHERE = "pmv-tui snapshot NAME FOLDER/ saves elsewhere"

PERIOD = 0.05
"""Seconds from one question for a first image to the next."""


async def save_newest(link: EngineLink, cameras: Sequence[CameraStatus]) -> list[SavedImage]:
    """Save cameras' newest images; return what came of each, in their order.

    All are asked for at once, and saved one after another: to compress them is work for a
    processor.
    """
    names, disk = names_for_files(cameras), InOrder("snapshots")
    each = (_save(link, disk, camera, names[camera["unique_id"]]) for camera in cameras)
    return await asyncio.gather(*each)


async def _save(link: EngineLink, disk: InOrder, camera: CameraStatus, name: str) -> SavedImage:
    try:
        image = await _newest(link, camera["unique_id"])
    except Unanswered as why:
        unique_id = camera["unique_id"]
        return SavedImage(camera=camera["name"], unique_id=unique_id, ok=False, text=str(why))
    if image["pixels"] is None:
        return not_saved(image, why_none(image, WAIT))
    named = "-".join(filter(None, (camera.get("rig"), name)))
    saving = disk.submit(partial(_saved, image, file_name(named, image["timestamp"])))
    try:
        return await asyncio.wait_for(asyncio.wrap_future(saving), SLOW_DISK)
    except FileIsThereError as why:
        return not_saved(image, f"not saved: {why}")
    except NotSavedError as why:
        return not_saved(image, f"not saved: {why}; {ELSEWHERE}")
    except TimeoutError:
        return not_saved(image, f"not saved: the disk did not answer within {SLOW_DISK:g} s")


async def _newest(link: EngineLink, unique_id: str) -> Image:
    """Ask for an image until there is one, or time is over."""
    end = time.monotonic() + WAIT
    while True:
        image = await link.image(unique_id)
        if image["pixels"] is not None or time.monotonic() > end:
            return image
        await asyncio.sleep(PERIOD)


def _saved(image: Image, name: str) -> SavedImage:
    """Save an image in this process's folder; says the whole path."""
    try:
        folder = Path.cwd()
    except OSError as error:
        text = f"the folder that pmv-tui was started in is gone ({error.strerror})"
        raise NotSavedError(text) from None
    return save_image(image, folder / name, replace=False)
