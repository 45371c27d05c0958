"""Makes keys, clicks and pastes of whatever bytes a terminal sends."""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterable, Iterator

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message

from pmv_tui.printable import printable

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"

MAX_PASTE = 1024 * 1024
"""Characters of a paste that are kept."""

MAX_SEQUENCE = 32
"""Characters of an escape sequence that Textual's parser looks at."""

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
"""Keys, the mouse, the focus, and the one answer that was asked for."""

NO_TEXT = re.compile("[\udc80-\udcff]+")
"""Bytes that are not UTF-8, as the decoder passes them on."""


class Keyboard:
    """Reads what a terminal sends; none of it ends the reading.

    Textual's own ends with the first byte that is not UTF-8 and with a number that no key has; it
    takes an answer that nobody asked for as the keys it is written with, and waits for the end of a
    paste for ever.

    Parameters
    ----------
    strange : called with the first bytes that are no text, once.
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
    """Tell whether a sequence is a key or the like, and no answer that nobody asked for."""
    return len(sequence) <= MAX_SEQUENCE and (
        sequence in ANSI_SEQUENCES_KEYS or MEANT.fullmatch(sequence) is not None
    )


def _shortened(begun: str) -> str:
    """Keep of a sequence that is too long for a key only what kind it is."""
    if len(begun) <= MAX_SEQUENCE:
        return begun
    # ">" stands in answers alone.
    return f"{begun[:2]}>" + "\x1b" * begun.endswith("\x1b")
