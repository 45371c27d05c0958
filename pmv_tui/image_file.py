"""One image in a file: PNG, with whose it is and when it was taken; whole, or not there at all."""

import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmv_tui import __version__
from pmv_tui.config.replace import ChangedMeanwhileError, replacement
from pmv_tui.wire.status import CameraStatus, Image, SavedImage, local_time

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, PALETTE = 0, 3
"""PNG's colour types: of greys, and of numbers of colours."""

UP = 2
"""PNG's filter by the row above, which makes files smaller."""


SLOW_DISK = 60.0
"""Seconds that a disk may take to write an image: memory cards do."""


class NotSavedError(Exception):
    """An image was not saved; the text says why and what to do. No file was changed."""


class FileIsThereError(NotSavedError):
    """A file is there that was not to be lost."""


LONGEST_NAME = 120
"""Bytes of a camera's name in a file's: of that, file systems allow 255."""


def file_name(camera: str, timestamp: int) -> str:
    """Return what a file is called that nobody has named: the camera, and the image's local time.

    Parameters
    ----------
    camera : its name or unique_id; what cannot stand in a path is left out.
    timestamp : ns since the epoch.
    """
    when = local_time(timestamp)
    return f"{_in_a_path(camera)}-{when:%Y%m%d-%H%M%S}-{when.microsecond // 1000:03}.png"


def _in_a_path(camera: str) -> str:
    """Return a camera's name as it stands in a file's."""
    plain = re.sub(r"[^\w.+-]+", "_", camera).strip("_.-") or "camera"
    return plain.encode(errors="replace")[:LONGEST_NAME].decode(errors="ignore")


def names_for_files(cameras: Sequence[CameraStatus]) -> dict[str, str]:
    """Return what each camera is called in a file's name, by its unique_id: as no other of them.

    Two that are called alike, at the same time, would be one file.
    """
    names = Counter(_in_a_path(each["name"]) for each in cameras)
    return {
        each["unique_id"]: each["name"]
        if names[_in_a_path(each["name"])] == 1
        else each["unique_id"]
        for each in cameras
    }


def save_image(image: Image, path: Path, *, replace: bool, data: bytes | None = None) -> SavedImage:
    """Save an image; return what is said of that.

    Parameters
    ----------
    data : its PNG file, where there is one already: then its pixels are not needed.
    replace : see `save`, whose exceptions are raised.
    """
    save(png(image) if data is None else data, path, replace=replace)
    width, height = image["size"]
    return {
        **not_saved(image, ""),
        "ok": True,
        "text": _described(image, path),
        "file": str(path.absolute()),
        "timestamp": image["timestamp"],
        "sequence": image["sequence"],
        "width": width,
        "height": height,
        "pixel_format": image["pixel_format"],
    }


def not_saved(image: Image, why: str) -> SavedImage:
    """Say that an image was not saved, and why."""
    return SavedImage(camera=image["camera"], unique_id=image["unique_id"], ok=False, text=why)


def why_none(image: Image, waited: float) -> str:
    """Return why there is no image to save, after so many seconds."""
    why = f": {image['notice']}" if image["notice"] else ""
    return f"no image came within {waited:g} s{why}"


def _described(image: Image, path: Path) -> str:
    width, height = image["size"]
    bayer = image["pixel_format"].startswith("Bayer")
    raw = ", raw: each pixel has one colour" if bayer else ""
    late = f"; the last image that came: {image['notice']}" if image["notice"] else ""
    return f"saved to {path}, {width}x{height} {image['pixel_format']}{raw}{late}"


def save(data: bytes, path: Path, *, replace: bool) -> None:
    """Write a PNG file.

    Parameters
    ----------
    replace : whether a file that is there may be lost.

    Raises
    ------
    FileIsThereError : the file exists.
    NotSavedError : its folder does not, or it cannot be written.
    """
    exists = FileIsThereError(f"{path} exists")
    try:
        if not path.parent.is_dir():
            raise NotSavedError(f"{path}: there is no folder {path.parent}; make it, and try again")
        if path.is_dir():
            raise NotSavedError(f"{path} is a folder; {path}/ saves into it")
        with replacement(path, data) as new:
            if replace:
                new.path.replace(path)
            else:
                new.put_in_place(None)
    except ChangedMeanwhileError:
        raise exists from None
    except OSError as error:
        raise NotSavedError(f"{path} cannot be written: {error.strerror}") from None


def png(image: Image) -> bytes:
    """Return an image as a PNG file: its pixels as they are, 8 bit grey, and what is known of it.

    Of a raw Bayer image these are the values of its colour filter's pixels: no colours are made.
    """
    width, height = image["size"]
    pixels = np.frombuffer(image["pixels"] or b"", np.uint8).reshape(height, width)
    texts = [_text(key, value) for key, value in _about(image).items()]
    return _file(pixels, GREY, texts, zlib.compress)


def png_of_few(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """Return an image of few colours as a PNG file, in a fourth of the time that `png` takes.

    Parameters
    ----------
    pixels : the number of each one's colour, or how many there are: it is seen through; uint8,
        shape (height, width).
    palette : red, green and blue of each colour; uint8, shape (colours, 3).
    """

    def hasty(rows: memoryview) -> bytes:
        # What is left of noise by the filter repeats itself nowhere: nothing is looked for.
        packer = zlib.compressobj(1, strategy=zlib.Z_HUFFMAN_ONLY)
        return packer.compress(rows) + packer.flush()

    colours = (b"PLTE", palette.tobytes() + bytes(3))
    return _file(pixels, PALETTE, [colours, (b"tRNS", b"\xff" * len(palette) + b"\0")], hasty)


def _file(
    pixels: NDArray[np.uint8],
    kind: int,
    chunks: Iterable[tuple[bytes, bytes]],
    pack: Callable[[memoryview], bytes],
) -> bytes:
    """Return a PNG file of 8 bit pixels.

    Parameters
    ----------
    kind : how they are to be read.
    chunks : what stands before them: names, and contents.
    pack : compresses the rows, by zlib.
    """
    height, width = pixels.shape
    rows = np.full((height, 1 + width), UP, np.uint8)
    rows[0, 1:] = pixels[0]
    np.subtract(pixels[1:], pixels[:-1], out=rows[1:, 1:])  # modulo 256, as PNG has it
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    whole = [(b"IHDR", header), *chunks, (b"IDAT", pack(rows.data)), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunks(whole))


def _about(image: Image) -> dict[str, str]:
    """Return what a file says of its image, by PNG's own keywords where there are any."""
    raw = image["pixel_format"].startswith("Bayer")
    return {
        "Title": f"{image['camera']} ({image['unique_id']})",
        "Creation Time": _rfc_3339(local_time(image["timestamp"])),
        "Software": f"pmv-tui {__version__}",
        **({"Comment": "raw: each pixel has one colour, as pixel_format says"} if raw else {}),
        "camera": image["camera"],
        "unique_id": image["unique_id"],
        "timestamp_ns": str(image["timestamp"]),
        "sequence": str(image["sequence"]),
        "pixel_format": image["pixel_format"],
    }


def _rfc_3339(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds")


def _text(key: str, value: str) -> tuple[bytes, bytes]:
    """Return a chunk of text; that which is no Latin 1 needs PNG's newer form."""
    try:
        return b"tEXt", key.encode("latin-1") + b"\0" + value.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", key.encode() + b"\0\0\0\0\0" + value.encode(errors="replace")


def _chunks(chunks: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    for kind, data in chunks:
        body = kind + data
        yield struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


MOST_CHUNKS = 1000
"""Parts of a file; `png` makes a dozen."""


class NotPngError(ValueError):
    """Bytes are no PNG file as `png` makes it; the text says why."""


def read_png(data: bytes) -> Image:
    """Return what a file as of `png` says of its image, all but the pixels and why it is not live.

    Raises
    ------
    NotPngError : it is not whole, or no such file.
    """
    about = dict[str, str]()
    size = (0, 0)
    for kind, body in _read_chunks(data):
        if kind == b"IHDR" and len(body) >= 8:
            size = struct.unpack_from(">II", body)
        elif kind in (b"tEXt", b"iTXt"):
            key, _, text = body.partition(b"\0")
            about[key.decode("latin-1")] = (
                text.decode("latin-1") if kind == b"tEXt" else text[4:].decode(errors="replace")
            )
    try:
        local_time(int(about["timestamp_ns"]))
        return Image(
            camera=about["camera"],
            unique_id=about["unique_id"],
            sequence=int(about["sequence"]),
            timestamp=int(about["timestamp_ns"]),
            size=size,
            pixel_format=about["pixel_format"],
            notice="",
            pixels=None,
        )
    except (KeyError, ValueError, OverflowError, OSError):
        raise NotPngError("it does not say whose image it is, or when it was taken") from None


def _read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the parts of a PNG file, each of which must be there as it was written."""
    at = len(SIGNATURE)
    if not data.startswith(SIGNATURE):
        raise NotPngError("it is no PNG file")
    kind, count = b"", 0
    while kind != b"IEND":
        count += 1
        if at + 12 > len(data) or count > MOST_CHUNKS:
            raise NotPngError("its end is missing")
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if data[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(kind + body)):
            raise NotPngError("a part of it is missing or was changed on its way")
        at += 12 + length
        yield kind, body
    if at != len(data):
        raise NotPngError("it does not end as a PNG file does")
