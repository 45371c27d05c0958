"""`pmv-tui snapshot`: cameras' newest images as files."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pmv_tui.cli.grammar import (
    DONE,
    NOT_DONE,
    SOME,
    WRONG,
    CommandFailed,
    Grammar,
    put_bytes,
    seconds,
    show,
)
from pmv_tui.cli.rig import from_disk, named_cameras, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmv_tui.wire.status import CameraStatus, Image, SavedImage

STDOUT = "-"

USAGE = (
    "%(prog)s [-h] [--config FILE] [--rig RIG] [--force] [--wait SECONDS] [--json] NAME... "
    "[FILE.png]"
)


def add_commands(grammar: Grammar) -> None:
    """Add `snapshot`."""
    snapshot = grammar.command(
        "snapshot",
        _snapshot,
        "save cameras' newest images as PNG files, as they are",
        elsewhere=_elsewhere,
    )
    snapshot.usage = USAGE
    snapshot.add_argument(
        "names_file",
        metavar="NAME... [FILE.png]",
        nargs="+",
        help=f"{SOME}; then a file whose name ends in .png, a folder whose name ends in /, or - "
        "for stdout; default: NAME-DATE-TIME.png in this folder",
    )
    snapshot.add_argument("--force", action="store_true", help="replace a file that exists")
    snapshot.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        default=5.0,
        help="how long a camera may take to give an image; default: 5",
    )


def _elsewhere(options: argparse.Namespace, _words: list[str]) -> int:
    from pmv_tui.cli.fetch import fetch

    return fetch(options)


class Target(NamedTuple):
    """Where images go: to a file, into a folder, or to stdout where neither is given."""

    file: Path | None = None
    folder: Path | None = None


def _snapshot(options: argparse.Namespace) -> int:
    from pmv_tui.wire.status import result_sentence

    names, target = told_apart(options.names_file)
    cameras = named_cameras(names, request(options, "snapshot")["snapshot"])
    if not cameras:
        raise CommandFailed("no cameras; pmv-tui cameras lists what is connected")
    if len(cameras) > 1 and target.folder is None:
        raise CommandFailed(
            f"one file holds one image, and {len(cameras)} cameras are named: give a folder, "
            "with / at its end, or nothing",
            WRONG,
        )
    if target == Target():
        return _to_stdout(options, cameras[0])
    results = list(_all_saved(options, cameras, target))
    show(options, results, lambda: [result_sentence(each) for each in results])
    return DONE if all(each["ok"] for each in results) else NOT_DONE


def told_apart(words: list[str]) -> tuple[list[str], Target]:
    """Return the cameras that are named, and where their images are to go."""
    *names, last = words
    if not names:
        return words, Target(folder=Path())
    if last == STDOUT:
        return names, Target()
    if last.endswith("/"):
        return names, Target(folder=Path(last))
    if last.lower().endswith(".png"):
        return names, Target(file=Path(last))
    return words, Target(folder=Path())


def _to_stdout(options: argparse.Namespace, camera: "CameraStatus") -> int:
    from pmv_tui.image_file import png

    if options.json or sys.stdout.isatty():
        where = "that is where --json prints" if options.json else "a terminal does not show it"
        raise CommandFailed(f"an image does not go to stdout: {where}; give a file", WRONG)
    for _, image in _newest(options, [camera]):
        if image["pixels"] is None:
            raise CommandFailed(f"{camera['name']}: {_why_none(options, image)}")
        put_bytes(png(image))
    return DONE


def _newest(
    options: argparse.Namespace, cameras: "list[CameraStatus]"
) -> "Iterator[tuple[CameraStatus, Image]]":
    """Ask for cameras' newest images, each until there is one or the time is over.

    An engine keeps images for those who ask, and has none from before. So all are asked at once.
    """
    end = time.monotonic() + options.wait
    while cameras:
        over = time.monotonic() > end
        without = []
        for camera in cameras:
            image = request(options, "image", camera=camera["unique_id"])["image"]
            if image["pixels"] is None and not over:
                without.append(camera)
            else:
                yield camera, image
        cameras = without
        time.sleep(0.05 if cameras else 0)


def _all_saved(
    options: argparse.Namespace, cameras: "list[CameraStatus]", target: Target
) -> "list[SavedImage]":
    """Save cameras' newest images; return what came of each, in their order."""
    from pmv_tui.image_file import names_for_files

    names, results = names_for_files(cameras), {}
    for camera, image in _newest(options, cameras):
        unique_id = camera["unique_id"]
        results[unique_id] = saved(options, names[unique_id], image, target)
    return [results[each["unique_id"]] for each in cameras]


def saved(
    options: argparse.Namespace,
    name: str,
    image: "Image",
    target: Target,
    data: bytes | None = None,
) -> "SavedImage":
    """Save an image; return what came of it.

    Parameters
    ----------
    name : of its file where that is not named; of no other camera.
    data : its PNG file, where there is one already.
    """
    from pmv_tui.image_file import (
        SLOW_DISK,
        FileIsThereError,
        NotSavedError,
        file_name,
        not_saved,
        save_image,
    )

    if image["pixels"] is None and data is None:
        return not_saved(image, _why_none(options, image))
    path = target.file or (target.folder or Path()) / file_name(name, image["timestamp"])
    try:
        return from_disk(
            lambda: save_image(image, path, replace=options.force, data=data), path, SLOW_DISK
        )
    except FileIsThereError as error:
        return not_saved(image, f"not saved: {error}; --force replaces it")
    except NotSavedError as error:
        return not_saved(image, f"not saved: {error}")


def _why_none(options: argparse.Namespace, image: "Image") -> str:
    from pmv_tui.image_file import why_none

    return f"{why_none(image, options.wait)}; --wait SECONDS waits longer"
