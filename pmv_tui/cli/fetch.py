"""`snapshot --rig`: images of other rigs' cameras, as files on this machine."""

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pmv_tui.cli.elsewhere import (
    LONGEST,
    Outcome,
    call,
    decoded,
    on_each,
    rigs_named,
    said,
    show_lines,
    show_trouble,
)
from pmv_tui.cli.grammar import DONE, NOT_DONE, WRONG, CommandFailed, put_bytes
from pmv_tui.cli.rig import named_cameras
from pmv_tui.cli.snapshot import Target, saved, told_apart

if TYPE_CHECKING:
    from pmv_tui.rigs.listed import ListedRig
    from pmv_tui.rigs.ssh import Hosts
    from pmv_tui.wire.status import Image, SavedImage

MOST_CAMERAS = 64
"""Of one rig whose images are fetched: what a rig lists is no reason to fill this disk."""

MOST_BYTES = 64_000_000
"""Of an image as a file."""

AT_ONCE = 4
"""Cameras of one rig, each of which takes a log-in's share and its image's memory."""


def fetch(options: argparse.Namespace) -> int:
    """Save images of the cameras that are named, of each rig of --rig."""
    names, target = told_apart(options.names_file)
    if target.folder is None and len(rigs_named(options)) > 1:
        raise CommandFailed(
            "one file holds one image, and several rigs are named: give a folder, with / at its "
            "end, or nothing",
            WRONG,
        )
    if target == Target() and (options.json or sys.stdout.isatty()):
        raise CommandFailed("an image does not go to a terminal, nor beside --json", WRONG)

    async def save_all(hosts: "Hosts", rig: "ListedRig") -> Outcome:
        return await _OfRig(options, target, hosts, rig).save(names)

    return on_each(options, save_all, _show_errors if target == Target() else _show)


class _Camera(NamedTuple):
    """A camera of another rig, and what it is called in a file's name."""

    name: str
    unique_id: str
    file: str


@dataclass(frozen=True)
class _OfRig:
    """A rig whose cameras' images are fetched."""

    options: argparse.Namespace
    target: Target
    hosts: "Hosts"
    rig: "ListedRig"

    async def save(self, names: list[str]) -> Outcome:
        """Save images of the cameras that are named."""
        from asyncio import Semaphore, gather

        cameras = await self._cameras(names)
        if len(cameras) > 1 and self.target.folder is None:
            raise CommandFailed(f"one file holds one image, and {len(cameras)} cameras are named")
        turns = Semaphore(AT_ONCE)

        async def save(camera: _Camera) -> "SavedImage":
            async with turns:
                return await self._saved(camera)

        results = await gather(*map(save, cameras))
        done = all(each["ok"] for each in results)
        return Outcome(self.rig, DONE if done else NOT_DONE, results, "")

    async def _cameras(self, names: list[str]) -> list[_Camera]:
        """Ask for the cameras that are named."""
        from pmv_tui.image_file import names_for_files

        status = await call(self.hosts, self.rig, ["status", "--json"])
        if status.code != DONE:
            raise CommandFailed(said(status))
        try:
            cameras = named_cameras(names, decoded(status.stdout.decode(errors="replace")))
            files = names_for_files(cameras)
            found = [
                _Camera(str(each["name"]), unique_id := str(each["unique_id"]), files[unique_id])
                for each in cameras
            ]
        except (TypeError, KeyError, AttributeError, ValueError):
            raise CommandFailed("what pmv-tui status prints there is not understood") from None
        if not all(each.unique_id.isprintable() for each in found):
            raise CommandFailed("a camera's unique_id there has characters that no config allows")
        if not found:
            raise CommandFailed("no cameras; pmv-tui cameras lists what is connected")
        if len(found) > MOST_CAMERAS:
            raise CommandFailed(f"{len(found)} cameras; name {MOST_CAMERAS} at most")
        return found

    async def _saved(self, camera: _Camera) -> "SavedImage":
        """Fetch a camera's newest image and save it; return what came of it."""
        from asyncio import wrap_future

        from pmv_tui.image_file import NotPngError, read_png
        from pmv_tui.threads import in_background

        name, unique_id, file = camera
        wait = self.options.wait
        words = ["snapshot", f"--wait={wait:g}", "--", unique_id, "-"]
        done = await call(self.hosts, self.rig, words, LONGEST + wait, most=MOST_BYTES)
        if done.code != DONE:
            return _failed(name, unique_id, said(done).removeprefix(f"{name}: "))
        try:
            # Whose it is, was asked for; a rig may say anything.
            image: Image = {**read_png(done.stdout), "camera": name, "unique_id": unique_id}
        except NotPngError as error:
            return _failed(name, unique_id, f"what came is not its image: {error}")
        if self.target == Target():
            put_bytes(done.stdout)
            return {"camera": name, "unique_id": unique_id, "ok": True, "text": ""}
        file = f"{self.rig.name}-{file}"
        return await wrap_future(
            in_background(lambda: saved(self.options, file, image, self.target, done.stdout))
        )


def _failed(name: str, unique_id: str, why: str) -> "SavedImage":
    return {"camera": name, "unique_id": unique_id, "ok": False, "text": why}


def _show(outcome: Outcome) -> bool:
    from pmv_tui.wire.status import result_sentence

    return show_lines(outcome, [result_sentence(each) for each in outcome.output or ()])


def _show_errors(outcome: Outcome) -> bool:
    """Say what went wrong; stdout has the image."""
    if outcome.ok:
        return True
    for each in outcome.output or ():
        outcome = Outcome(outcome.rig, outcome.code, None, each["text"])
    return show_trouble(outcome)
