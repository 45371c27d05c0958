"""Finds out by asking whether the terminal shows real pixels, and how many it takes in time."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, Protocol

from textual.geometry import Region

PictureWanted = Literal["auto", "blocks", "pixels"]
"""What the config file says of how pictures are shown."""

Way = Literal["kitty", "iterm2", "sixel"]
"""The protocols by which terminals are given images."""

NAMES: dict[Way, str] = {
    "kitty": "kitty's graphics",
    "iterm2": "iTerm2's inline images",
    "sixel": "sixels",
}

FIRST_QUESTIONS = (
    "\x1b[>0q"  # its name, XTVERSION
    "\x1b[16t\x1b[14t"  # the size of a cell, and of all of them, pixels
    "\x1b]1337;ReportCellSize\x1b\\"  # which terminals of iTerm2's protocol answer
    "\x1b[?1;1;0S\x1b[?2;1;0S"  # of sixels: how many colours, and the largest image, XTSMGRAPHICS
    "\x1b[c"  # DA1: what it is; all terminals answer that, and this one has answered all by then
)

KITTY_QUESTION = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""Asked by itself: tmux would take it for the title of its window."""

LAST_WORD = "\x1b[5n"
"""Follows each image. What answers it has read the image."""

HAS_READ = "\x1b[0n"

DA1 = "\x1b[c"

ANSWERED = DA1, LAST_WORD
"""What a text ends with that is answered."""

KITTY_DELETED = "\x1b_Ga=d,d=I,i={},q=2\x1b\\"

ANSWER = re.compile(
    r"""
    \x1b\[\?[\d;]{1,80}c                     # DA1
    | \x1b\[0n
    | \x1b\[[46];\d{1,5};\d{1,5}t
    | \x1b\[\?[12];\d;[\d;]{1,20}S
    | \x1bP>\|[\x20-\x7e]{1,80}\x1b\\
    | \x1b\]1337;ReportCellSize=[\d.;]{3,40}(?:\x1b\\|\x07)
    | \x1b_Gi=31;[\x20-\x7e]{1,80}\x1b\\
    """,
    re.VERBOSE,
)
"""What terminals answer to these questions; whatever else they send is none."""

MULTIPLEXERS = "tmux", "screen"
"""They draw by cells, and what they do not know reaches no terminal, or the wrong place in it."""

CONSOLES = "linux", "dumb", "vt100", "vt220"
"""What `TERM` says of those that may write questions on the screen."""

ANSWER_PATIENCE = 3.0
"""Seconds that a terminal is given to answer."""

REST = 30.0
"""Seconds until one that answered too late, or took images too slowly, is asked again."""

LATE, SOON = 0.25, 0.1
"""Seconds beyond an answer's way within which an image is to be read: longer, and keys wait for it;
shorter, and there is room for more."""

PATIENT, HASTY = 2, 4
"""So many images too late, or soon enough, one after the other, make them coarser, or finer."""

COARSEST = 4
"""Coarser than a fourth each way, pixels show little more than half blocks."""

MOST_UNDER_WAY = 64 * 1024
"""Bytes of images that the terminal need not have read when another is sent."""

LARGEST_SIDE, MOST_PIXELS = 10_000, 1 << 23
"""Of an image that a terminal is sent, pixels: one that fills a screen of 3840x2160 has fewer."""

USABLE_CELL = range(2, 129)
"""Pixels of a cell, each way; whatever says otherwise is mistaken."""


class Ability(NamedTuple):
    """How a terminal shows pixels.

    Parameters
    ----------
    way : the protocol.
    cell : width and height of a cell, pixels.
    colours : that it has at once.
    largest : width and height of an image at most, pixels.
    """

    way: Way
    cell: tuple[int, int]
    colours: int
    largest: tuple[int, int]


def hindrance_of(environment: Mapping[str, str], *, colours: bool, ascii_only: bool) -> str:
    """Return why there can be no pixels whatever the terminal answers; empty: nothing is known."""
    if environment.get("TERM") in CONSOLES:
        return f"TERM is {environment['TERM']}, which has no pixels"
    if ascii_only:
        return "nothing but ASCII is drawn"
    return "" if colours else "no colours are wanted, or the terminal has none"


class Picture(Protocol):
    """A picture that may have something to paint."""

    def paint(self) -> None:
        """Send what is to be painted, where it can be now."""
        ...

    def deleted(self) -> str:
        """Return what takes the image away that the terminal keeps; empty where it keeps none."""
        ...

    def overwritten(self, regions: Iterable[Region], *, anew: bool) -> None:
        """Notice what was drawn on the terminal."""
        ...


class Graphics:
    """One terminal's pixels: whether there are any, and how much it takes of them in time.

    No clock here: whoever calls says what time it is, in monotonic seconds.

    Parameters
    ----------
    wanted : what the config file says; `blocks`: nothing is asked.
    hindrance : why there can be no pixels in any case; empty where nothing is known against them.
    write : sends a text whole, or not at all where the terminal is behind; returns which.
    pixels : returns width and height of all cells as the kernel knows them, pixels; nil: it does
        not.
    cells : returns the number of columns and rows.

    Attributes
    ----------
    can : how it shows pixels; None where it cannot, or not now.
    coarse : into how many pixels of the terminal one is enlarged, each way.
    pictures : those that are painted with pixels now.
    """

    def __init__(
        self,
        wanted: PictureWanted,
        hindrance: str,
        write: Callable[[str], bool],
        pixels: Callable[[], tuple[int, int]],
        cells: Callable[[], tuple[int, int]],
    ) -> None:
        self._wanted = wanted
        self._write = write
        self._pixels = pixels
        self._cells = cells
        self.can: Ability | None = None
        self.coarse = 1 if wanted == "pixels" else 2
        self.pictures: set[Picture] = set()
        self._why = "the config file asks for blocks" if wanted == "blocks" else hindrance
        self._never = bool(self._why)
        self._answers: list[str] | None = None
        self._ask_at = 0.0
        self._asked_at = 0.0
        self._way_there = ANSWER_PATIENCE
        self._under_way: deque[tuple[float, int]] = deque()
        self._late = self._soon = 0

    @property
    def described(self) -> str:
        """How pictures are shown, and why, as a sentence."""
        if self.can is None:
            return f"Blocks: {self._why or 'the terminal has not been asked yet'}."
        width, height = self.can.cell
        coarse = f", each shown as {self.coarse}x{self.coarse}" if self.coarse > 1 else ""
        return f"Pixels, by {NAMES[self.can.way]}, {width}x{height} in a cell{coarse}."

    @property
    def at_end(self) -> str:
        """What takes away the images that the terminal keeps."""
        return "".join(picture.deleted() for picture in self.pictures)

    def attend(self, now: float) -> None:
        """Ask where that is due, and do without what does not come; to be called now and then."""
        if self._never:
            return
        if self._answers is not None:
            if now - self._asked_at > ANSWER_PATIENCE:
                self._rest("the terminal does not answer", now)
        elif self._under_way:
            if now - self._under_way[0][0] > ANSWER_PATIENCE + self._way_there:
                self._rest("the terminal, or the line to it, is too slow for images", now)
        elif now >= self._ask_at:
            self._ask(FIRST_QUESTIONS, [], now)

    def ask_again(self) -> None:
        """Ask at the next occasion: the terminal has another size, or is another one."""
        self._ask_at = 0.0

    def hear(self, answer: str, now: float) -> bool:
        """Take an answer; return whether pictures are to be shown in another way from now on."""
        before = self.can, self.coarse
        if answer == HAS_READ:
            self._has_read(now)
        elif self._answers is not None:
            self._answers.append(answer)
            if ends(answer):
                self._conclude(self._answers, now)
        return (self.can, self.coarse) != before

    @property
    def is_ready(self) -> bool:
        """Whether the terminal takes another image: it has read most of those before."""
        return bool(self.can) and sum(size for _, size in self._under_way) < MOST_UNDER_WAY

    def send(self, image: str, now: float) -> bool:
        """Send an image, unless the terminal is behind; return which."""
        if not self._write(image + LAST_WORD):
            return False
        self._under_way.append((now, len(image)))
        return True

    def say(self, text: str) -> None:
        """Send what is no image, and has no answer."""
        self._write(text)

    def overwritten(self, regions: Iterable[Region], *, anew: bool) -> None:
        """Have painted again what was drawn over. See `Picture`."""
        for picture in list(self.pictures):
            picture.overwritten(regions, anew=anew)
        self.paint()

    def paint(self) -> None:
        """Have painted what waits."""
        for picture in list(self.pictures):
            picture.paint()

    def _ask(self, questions: str, answers: list[str], now: float) -> None:
        if self._write(questions):
            self._answers = answers
            self._asked_at = now
            self._ask_at = float("inf")

    def _rest(self, why: str, now: float) -> None:
        """Show no pixels for a while."""
        self.can, self._why = None, why
        self._answers = None
        self._under_way.clear()
        self._ask_at = now + REST

    def _conclude(self, answers: list[str], now: float) -> None:
        """Decide by what was answered, or ask the second question."""
        # The shortest: the machine may have been busy.
        self._way_there = min(self._way_there, now - self._asked_at)
        name = _found(r"\x1bP>\|(.*)\x1b\\", answers)
        asked_both = len([each for each in answers if each.endswith("c")]) > 1
        if name and not name.startswith(MULTIPLEXERS) and not asked_both:
            self._answers = None
            self._ask(KITTY_QUESTION, answers, now)
            return
        self._answers = None
        self.can = self._ability(answers)
        terminal = name or "the terminal"
        self._why = "" if self.can else f"{terminal} answers that it has no pixels"

    def _ability(self, answers: list[str]) -> Ability | None:
        cell = self._cell(answers)
        features = (_found(r"\x1b\[\?([\d;]*)c", answers) or "").split(";")
        if _found(r"\x1b_Gi=31;(OK)\x1b\\", answers) and "4" not in features:
            return Ability("kitty", cell or (8, 16), 1 << 24, (LARGEST_SIDE, LARGEST_SIDE))
        if _found(r"\x1b\]1337;ReportCellSize=(.*)", answers):
            return Ability("iterm2", cell or (8, 16), 1 << 24, (LARGEST_SIDE, LARGEST_SIDE))
        if "4" not in features[1:] or not cell:
            return None
        colours = int(_found(r"\x1b\[\?1;0;(\d+)S", answers) or 16)
        largest = _pair(_found(r"\x1b\[\?2;0;(\d+;\d+)S", answers))
        width, height = largest or (1000, 1000)
        most = min(width, LARGEST_SIDE), min(height, LARGEST_SIDE)
        return Ability("sixel", cell, max(colours, 2), most)

    def _cell(self, answers: list[str]) -> tuple[int, int] | None:
        """Return the size of a cell by what seems to know it best; None where nothing does."""
        columns, rows = self._cells()
        whole = _pair(_found(r"\x1b\[4;(\d+;\d+)t", answers)) or (0, 0)
        width, height = self._pixels()
        sizes = (
            (_pair(_found(r"\x1b\[6;(\d+;\d+)t", answers)) or (0, 0))[::-1],
            (width // max(columns, 1), height // max(rows, 1)),
            (whole[1] // max(columns, 1), whole[0] // max(rows, 1)),
        )
        usable = (each for each in sizes if all(side in USABLE_CELL for side in each))
        return next(usable, None)

    def _has_read(self, now: float) -> None:
        """Judge by how long an image was under way whether they may be finer."""
        if not self._under_way:
            return
        sent, _ = self._under_way.popleft()
        self.paint()
        if self._wanted == "pixels":
            return
        took = now - sent - self._way_there
        self._late = self._late + 1 if took > LATE else 0
        self._soon = self._soon + 1 if took < SOON else 0
        if self._late >= PATIENT:
            self._late = 0
            self.coarse *= 2
            if self.coarse > COARSEST:
                self.coarse = COARSEST
                self._rest("the terminal, or the line to it, is too slow for images", now)
        elif self._soon >= HASTY and self.coarse > 1:
            self._soon = 0
            self.coarse //= 2


def ends(answer: str) -> bool:
    """Return whether an answer is the last one to a question, or to an image."""
    return answer == HAS_READ or (answer.startswith("\x1b[?") and answer.endswith("c"))


def _found(pattern: str, answers: list[str]) -> str | None:
    """Return what stands in the first answer of that form."""
    return next((found[1] for each in answers if (found := re.match(pattern, each))), None)


def _pair(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, second = text.split(";")[:2]
    return int(first), int(second)
