"""A terminal that shows pixels, as far as tests look: it answers questions, and decodes images."""

import re
import struct
import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Self

import numpy as np
import pyte
from numpy.typing import NDArray

from tests.support import RigOnDisk, wait_for
from tests.system.terminal import TerminalTui

CELL = 8, 16
"""Width and height, pixels."""

NAME, CELL_SIZE, COLOURS, LARGEST, FEATURES = "\x1b[>0q", "\x1b[16t", "1;1;0S", "2;1;0S", "\x1b[c"
OF_ITERM2, HAS_READ = "ReportCellSize\x1b\\", "\x1b[5n"
OF_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"

PLAIN = {FEATURES: "\x1b[?62;c", HAS_READ: "\x1b[0n", CELL_SIZE: f"\x1b[6;{CELL[1]};{CELL[0]}t"}

KITTY = PLAIN | {NAME: "\x1bP>|kitty(0.40.0)\x1b\\", OF_KITTY: "\x1b_Gi=31;OK\x1b\\"}
ITERM2 = PLAIN | {OF_ITERM2: "\x1b]1337;ReportCellSize=16.0;8.0\x1b\\"}
SIXEL = PLAIN | {
    FEATURES: "\x1b[?62;4;22c",
    COLOURS: "\x1b[?1;0;256S",
    LARGEST: "\x1b[?2;0;1600;1200S",
}

STRING = re.compile(
    r"\x1b_(?P<kitty>[^\x1b]*)\x1b\\|\x1bP(?P<sixel>[^\x1b]*)\x1b\\"
    r"|\x1b\]1337;File=(?P<iterm2>[^\x07\x1b]*)\x07|\x1b\]1337;[^\x1b\x07]*\x1b\\"
)
BEGUN = re.compile(r"\x1b(?:\[[0-?]*)?\Z|\x1b(?:[_P]|\]1337;)[^\x07\x1b]*\x1b?\Z")


@dataclass
class Shown:
    """An image on the terminal.

    Parameters
    ----------
    x, y : its first column and row.
    decode : returns its pixels.
    size : their width and height.
    columns, rows : that it takes.
    overwritten : cells of it that a text was written to since, (row, column) of the terminal.
    """

    x: int
    y: int
    decode: Callable[[], NDArray[np.uint8]]
    size: tuple[int, int]
    columns: int
    rows: int
    overwritten: set[tuple[int, int]] = field(default_factory=set)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The image; uint8, shape (height, width, 4): red, green, blue, and how solid."""
        pixels = self.decode()
        assert pixels.shape[1::-1] == self.size
        return pixels

    @property
    def solid(self) -> NDArray[np.uint8]:
        """The image without what it is filled up with to whole cells."""
        return self.pixels[self.pixels[..., 3].any(axis=1)][:, self.pixels[..., 3].any(axis=0)]

    def __contains__(self, cell: tuple[int, int]) -> bool:
        """Whether a cell, (row, column), is one of its."""
        return 0 <= cell[0] - self.y < self.rows and 0 <= cell[1] - self.x < self.columns


class _Screen(pyte.Screen):
    """Remembers where it was written to."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows)
        self.written: set[tuple[int, int]] = set()

    def draw(self, data: str) -> None:
        """Write, and remember where. See `pyte.Screen.draw`."""
        before = self.cursor.x
        super().draw(data)
        self.written |= {(self.cursor.y, x) for x in range(before, before + len(data))}


class GraphicTui(TerminalTui):
    """`pmv-tui` in a terminal that answers.

    Parameters
    ----------
    answers : by each question; those without one are left unanswered.

    Attributes
    ----------
    images : by number or place, what is shown.
    received : the size of each image that came, bytes.
    """

    def __init__(
        self, rig: RigOnDisk, answers: Mapping[str, str], *arguments: Any, **options: Any
    ) -> None:
        super().__init__(rig, *arguments, **options)
        self.answers = dict(answers)
        self.images: dict[object, Shown] = {}
        self.received: list[int] = []
        self._rest = self._kitty = ""
        self._keys: dict[str, str] = {}
        self._screen: _Screen = _Screen(self._screen.columns, self._screen.lines)
        self._stream = pyte.Stream(self._screen)

    def __enter__(self) -> Self:
        """Use it in a with block."""
        return self

    def image(self) -> Shown:
        """Wait for the one image that is shown, and whole."""

        def found() -> list[Shown]:
            self.text()
            whole = [each for each in self.images.values() if not each.overwritten]
            return whole if len(whole) == len(self.images) == 1 else []

        return wait_for(found, "an image on the screen")[0]

    def _feed(self, text: str) -> None:
        self.sent += text
        text, self._rest = self._rest + text, ""
        while text:
            found = STRING.search(text)
            plain = text[: found.start()] if found else text
            if not found and (begun := BEGUN.search(text)):
                plain, self._rest = text[: begun.start()], text[begun.start() :]
            self._write(plain)
            if not found:
                return
            self._answer(found[0])
            self._take(found)
            text = text[found.end() :]

    def _write(self, text: str) -> None:
        for part in re.split(r"(\x1b\[[0-?]*[cntSq])", text):
            self._answer(part)
            # pyte has none of these, and would write what they end with.
            if not re.fullmatch(r"\x1b\[[>?][0-?]*[cntSq]", part):
                self._screen.written.clear()
                self._stream.feed(part)
                for image in self.images.values():
                    image.overwritten |= {cell for cell in self._screen.written if cell in image}

    def _answer(self, question: str) -> None:
        for each, answer in self.answers.items():
            if question.endswith(each):
                self.process.send(answer)

    def _take(self, found: "re.Match[str]") -> None:
        if found["sixel"]:
            self.received.append(len(found[0]))
            raster = re.search(r'"1;1;(\d+);(\d+)', found["sixel"])
            assert raster
            size = int(raster[1]), int(raster[2])
            self._show(partial(sixels, found["sixel"]), size, None, {})
        elif found["iterm2"]:
            self.received.append(len(found[0]))
            about, data = found["iterm2"].split(":")
            sides = dict(re.findall(r"(width|height)=(\d+)", about))
            self._show_png(b64decode(data), None, sides)
        elif found["kitty"]:
            self._take_kitty(found["kitty"])

    def _take_kitty(self, text: str) -> None:
        keys_text, _, data = text.partition(";")
        keys = dict(re.findall(r"(\w)=([^,]*)", keys_text))
        if keys.get("a") == "d":
            self.images.pop(keys["i"], None)
        elif keys.get("a") != "q":
            if "a" in keys:
                self._kitty, self._keys = "", keys
            self._kitty += data
            if keys["m"] == "0":
                self.received.append(len(self._kitty))
                sides = {"width": self._keys.get("c"), "height": self._keys.get("r")}
                self._show_png(b64decode(self._kitty), self._keys["i"], sides)

    def _show_png(self, data: bytes, number: str | None, sides: Mapping[str, Any]) -> None:
        self._show(partial(png, data), struct.unpack(">II", data[16:24]), number, sides)

    def _show(
        self,
        decode: Callable[[], NDArray[np.uint8]],
        size: tuple[int, ...],
        number: str | None,
        sides: Mapping[str, Any],
    ) -> None:
        cursor = self._screen.cursor
        width, height = size
        columns = int(sides.get("width") or -(-width // CELL[0]))
        rows = int(sides.get("height") or -(-height // CELL[1]))
        image = Shown(cursor.x, cursor.y, decode, (width, height), columns, rows)
        if number is None:  # What it covers is gone.
            self.images.clear()
        self.images[number or (cursor.x, cursor.y)] = image


def sixels(text: str) -> NDArray[np.uint8]:
    """Decode an image of sixels."""
    _, _, body = text.partition("q")
    raster = re.match(r'"1;1;(\d+);(\d+)', body)
    assert raster, body[:40]
    width, height = int(raster[1]), int(raster[2])
    pixels = np.zeros((height + 6, width, 4), np.uint8)
    palette: dict[str, list[int]] = {}
    x = y = 0
    colour = [0, 0, 0]
    for part in re.findall(r"#\d+(?:;[\d;]+)?|!\d+[?-~]|[?-~]|[$-]", body[raster.end() :]):
        if part[0] == "#":
            number, *shares = part[1:].split(";")
            if shares:
                assert shares[0] == "2"
                palette[number] = [round(int(share) * 255 / 100) for share in shares[1:]]
            colour = palette[number]
        elif part in "$-":
            x, y = 0, y + 6 * (part == "-")
        else:
            count = int(part[1:-1] or 1) if part[0] == "!" else 1
            for row in range(6):
                if (ord(part[-1]) - ord("?")) >> row & 1:
                    pixels[y + row, x : x + count] = [*colour, 255]
            x += count
    assert not pixels[height:, :, 3].any(), "more rows than were promised"
    return pixels[:height]


def png(data: bytes) -> NDArray[np.uint8]:
    """Decode a PNG of 8 bit numbers of colours, or of greys, filtered by the row above."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length :][:4])[0]
        chunks[kind] = body
        at += length + 12
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width)
    assert (rows[:, 0] == 2).all()
    numbers = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    colours = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    solid = np.frombuffer(chunks[b"tRNS"], np.uint8)
    return np.concatenate([colours[numbers], solid[numbers][..., None]], axis=2)


def greys(image: Shown) -> NDArray[np.uint8]:
    """Return an image's greys, where it has no other colours."""
    first = image.pixels[..., 0]
    assert (image.pixels[..., :3] == first[..., None]).all()
    return first
