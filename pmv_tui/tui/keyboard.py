"""Makes keys, clicks and pastes of a terminal's bytes, and has them acted on in order."""

import re
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App, ScreenStackError
from textual.errors import NoWidget
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from pmv_tui.tui.graphics import ANSWER
from pmv_tui.tui.widgets.fields import Field
from pmv_tui.untrusted import printable

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"

MAX_PASTE = 1024 * 1024
"""Characters of a paste that are kept."""

MAX_SEQUENCE = 32
"""Characters of an escape sequence that Textual's parser looks at."""

MAX_ANSWER = 128
"""Characters of an answer of the terminal's; more are none."""

SEQUENCE_PATIENCE, PASTE_PATIENCE = 10, 30
"""Silences after which a sequence or a paste without an end is over: it would swallow the keys."""

PASTED = 16
"""Bytes that come at once of a paste; fewer are somebody's keys, who waits for the paste to end."""

ESCAPED = re.compile(
    r"""
    \x1b\[M[\s\S]{3}                                    # a mouse in the oldest format
    | \x1b\[\[[A-E] | \x1b\[\d+\$(?!y)                  # keys that break the rule below
    | \x1b\[(?!\[)[0-?]*[ -/]*[@-~]                     # the rule for keys and for answers
    | \x1b[\]P_^X][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)  # an answer that is a text
    | \x1b(?:\[[0-?]+[ -/]*|[\]P_^X][^\x07\x1b\x9c]+)(?=\x1b[^\\])  # one that another cuts off
    """,
    re.VERBOSE,
)
BEGUN = re.compile(
    r"\x1b(?:\[[ -/]*|\[[0-?]+[ -/]*\x1b?|\[M[\s\S]{0,2}|\[\[|[\]P_^X][^\x07\x1b\x9c]*\x1b?)?\Z"
)
"""The beginning of a sequence whose end has not come yet."""

MEANT = re.compile(r"\x1b\[(?:[\d:;]*[u~A-HPQRSZ]|<\d{1,3};\d{1,5};\d{1,5}[mM]|[IO]|\?2026;\d\$y)")
"""Keys, the mouse, the focus, and the one answer that Textual asks for."""

NO_TEXT = re.compile("[\udc80-\udcff]+")
"""Bytes that are not UTF-8, as the decoder passes them on."""


@dataclass
class TerminalAnswered(Message):
    """The terminal answered what its pixels are asked by; whether anybody asked is not known."""

    answer: str


class Keyboard:
    """Reads what a terminal sends; none of it ends the reading.

    Textual's own ends with the first byte that is not UTF-8 and with a number that no key has; it
    takes an answer that nobody asked for as the keys it is written with, and waits for the end of a
    paste for ever. `strange` is called with the first bytes that are no text, once.
    """

    def __init__(self, strange: Callable[[bytes], object]) -> None:
        self._strange: Callable[[bytes], object] | None = strange
        self._decoder = getincrementaldecoder("utf-8")(errors="surrogateescape")
        self._parser = XTermParser()
        self._held = ""
        self._pasted: list[str] = []
        self._pasting = False
        self._silences = 0

    def read(self, data: bytes) -> Iterator[Message]:
        """Read some bytes; what is not complete waits for more."""
        if not (self._pasting and len(data) < PASTED):
            self._silences = 0
        yield from self._read(self._decoder.decode(data))

    def nothing_came(self) -> Iterator[Message]:
        """Do without what did not follow; called again and again while nothing comes."""
        self._silences += 1
        yield from self._read(self._decoder.decode(b"", final=True))
        if self._pasting:
            if self._silences >= PASTE_PATIENCE:
                self._held = ""
                yield self._end_of_paste()
        elif self._held == "\x1b":
            self._held = ""
            yield events.Key("escape", "\x1b")
        elif len(self._held) == 2:  # A key with alt.
            key, self._held = self._held, ""
            yield from self._parse(key)
        elif self._silences >= SEQUENCE_PATIENCE:
            self._held = ""
        if self._parser._timeout_time is not None:
            self._parser._timeout_time = 0  # It waits no longer than until nothing came.
        yield from self._guarded(self._parser.tick())

    def _read(self, text: str) -> Iterator[Message]:
        text, self._held = self._held + self._only_text(text), ""
        while text:
            text = yield from (self._read_paste(text) if self._pasting else self._read_keys(text))

    def _read_keys(self, text: str) -> Generator[Message, None, str]:
        """Read up to the end of one escape sequence; return what is left."""
        before, escape, after = text.partition("\x1b")
        yield from self._parse(before)
        text = escape + after
        if whole := ESCAPED.match(text):
            if whole[0] == PASTE_BEGINS:
                self._pasting = True
            elif _is_meant(whole[0]):
                yield from self._parse(whole[0])
            elif len(whole[0]) <= MAX_ANSWER and ANSWER.fullmatch(whole[0]):
                yield TerminalAnswered(whole[0])
            return text[whole.end() :]
        if BEGUN.match(text):
            self._held = _shortened(text)
            return ""
        yield from self._parse(escape)
        return after

    def _read_paste(self, text: str) -> Generator[Message, None, str]:
        """Read up to the end of a paste; return what is left."""
        pasted, end, after = text.partition(PASTE_ENDS)
        if not end:
            begun = next(
                n for n in range(len(PASTE_ENDS) - 1, -1, -1) if text.endswith(PASTE_ENDS[:n])
            )
            pasted, self._held = text[: len(text) - begun], text[len(text) - begun :]
        self._pasted.append(pasted[: MAX_PASTE - sum(map(len, self._pasted))])
        if end:
            yield self._end_of_paste()
        return after

    def _end_of_paste(self) -> events.Paste:
        lines = "".join(self._pasted).splitlines()
        self._pasting = False
        self._pasted.clear()
        return events.Paste("\n".join(printable(line, "") for line in lines))

    def _only_text(self, text: str) -> str:
        """Leave out the bytes that are none."""
        if (found := NO_TEXT.search(text)) and self._strange:
            self._strange(found[0].encode(errors="surrogateescape"))
            self._strange = None
        return NO_TEXT.sub("", text) if found else text

    def _parse(self, text: str) -> Iterator[Message]:
        if text:  # Textual's parser takes none for the end of all.
            yield from self._guarded(self._parser.feed(text))

    def _guarded(self, parsed: Iterable[Message]) -> Iterator[Message]:
        """Go on with another parser where this one ends: with a number that no key has."""
        try:
            yield from parsed
        except (ValueError, ArithmeticError):
            self._parser = XTermParser()


def _is_meant(sequence: str) -> bool:
    """Return whether a sequence is a key or the like, and no answer that nobody asked for."""
    return len(sequence) <= MAX_SEQUENCE and (
        sequence in ANSI_SEQUENCES_KEYS or MEANT.fullmatch(sequence) is not None
    )


def _shortened(begun: str) -> str:
    """Keep of a sequence that is too long for an answer only what kind it is."""
    if len(begun) <= MAX_ANSWER:
        return begun
    # ">" stands in answers alone.
    return f"{begun[:2]}>" + "\x1b" * begun.endswith("\x1b")


PERIOD = 0.5
"""Seconds between two looks at whether the widget that an input went to is gone with its screen."""

PATIENCE = 20
"""Looks after which an input is not waited for in any case."""

Input = events.InputEvent | events.Paste


@dataclass
class Passed(Message, verbose=True):
    """Follows an input through the same queues; it reaches the app when they have been passed.

    Parameters
    ----------
    number : of the input.
    screen : the one on top when this was sent.
    last : whether the input's own handlers have been passed before.
    """

    number: int
    screen: Screen[Any]
    last: bool

    def __post_init__(self) -> None:
        """Have it bubble up to the app, which what the app itself sends does not."""
        super().__post_init__()
        self._sender = None


class InputOrder:
    """Sends an input on when the one before it is done: the focus moved, a screen opened or left.

    Textual sends each at once to the widget that has the focus. What is typed fast, or arrives at
    once over a slow line, would go to the field before, or to a screen that is leaving.
    """

    def __init__(self, app: App[Any], send: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._send = send
        self._waiting: deque[Input] = deque()
        self._number = 0
        self._under_way = False
        self._goal: Widget | None = None
        self._timer: Timer | None = None
        self._looks = 0
        self._typed_into: Field | None = None

    async def take(self, event: Input) -> None:
        """Send an input on, now or when its turn has come."""
        if not self._under_way or (not self._waiting and self._joins(event)):
            await self._begin(event)
            return
        newest = self._waiting[-1] if self._waiting else None
        if isinstance(event, events.MouseMove) and isinstance(newest, events.MouseMove):
            self._waiting.pop()  # The newest place is what counts.
        self._waiting.append(event)
        if self._timer is None:
            self._timer = self._app.set_interval(PERIOD, self._look)

    async def go_on(self, passed: Passed) -> None:
        """Send the next input on, where this one is done: passed twice, on the same screen."""
        if passed.number != self._number:
            return
        with suppress(ScreenStackError):  # The app is leaving.
            if passed.last and passed.screen is self._app.screen:
                await self._next(passed.number)
            else:
                # What its handlers posted is behind it, and a new screen has yet to open.
                self._goal = self._app.focused or self._app.screen
                self._follow(self._goal, last=True)

    async def _begin(self, event: Input) -> None:
        self._number += 1
        self._under_way = True
        self._looks = 0
        self._goal = goal = self._goal_of(event)
        self._typed_into = _typed_into(goal, event)
        await self._send(event)
        self._follow(goal, last=False)

    def _follow(self, goal: MessagePump, *, last: bool) -> None:
        passed = Passed(self._number, self._app.screen, last=last)
        if not goal.post_message(passed):
            self._app.post_message(passed)

    def _joins(self, event: Input) -> bool:
        """Return whether an input is typed into the same field as the one before: need not wait."""
        field = self._typed_into
        return field is not None and _typed_into(self._app.focused, event) is field

    def _goal_of(self, event: Input) -> Widget:
        """Find the widget that an input is for."""
        if isinstance(event, events.MouseEvent):
            with suppress(NoWidget):
                return self._app.mouse_captured or self._app.get_widget_at(event.x, event.y)[0]
        return self._app.focused or self._app.screen

    async def _look(self) -> None:
        """Wait for the input that is under way only as long as it may be carried out."""
        self._looks += 1
        gone = self._goal is None or not self._goal.is_attached
        if self._waiting and (gone or self._looks > PATIENCE):
            await self._next(self._number)
        elif not self._waiting and self._timer:
            self._timer.stop()
            self._timer = None

    async def _next(self, number: int) -> None:
        """Begin the next input, where this one is still the one that is under way."""
        if number == self._number and self._under_way:
            self._under_way = False
            if self._waiting:
                await self._begin(self._waiting.popleft())


def _typed_into(goal: MessagePump | None, event: Input) -> Field | None:
    """Return the field that carries an input out by itself, where one does."""
    if isinstance(goal, Field) and isinstance(event, events.Key) and goal.keeps(event):
        return goal
    return None
