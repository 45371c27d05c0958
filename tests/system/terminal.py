"""The real TUI in a pseudo-terminal: keys in, what is on the screen out."""

import shlex
import signal
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np
import pexpect
import pyte
from numpy.typing import NDArray

from tests.support import DEADLINE, RigOnDisk, wait_for


def _of_a_terminal(environment: Mapping[str, str]) -> dict[str, str]:
    """Set what a modern terminal sets, whatever the person running the tests has."""
    own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    other = {"LC_ALL", "LC_CTYPE", "NO_COLOR", "PYTHONUTF8"}
    return {key: value for key, value in environment.items() if key not in other} | own


class TerminalTui:
    """`pmv-tui` as a person runs it; leaving the block kills it if it is still there.

    Parameters
    ----------
    columns, rows : the terminal's size, characters.
    environment : what is set otherwise than in a terminal of UTF-8 and true colours.
    within : a command that runs it, and its arguments; empty: the terminal itself does. A shell
        runs nothing by itself: `command` is what to type.
    words : of its command line; empty: that it is about this rig.

    Attributes
    ----------
    sent : everything that the terminal was sent.
    """

    def __init__(
        self,
        rig: RigOnDisk,
        columns: int = 80,
        rows: int = 24,
        *,
        environment: Mapping[str, str] = MappingProxyType({}),
        within: Sequence[str] = (),
        words: Sequence[str] = (),
    ) -> None:
        self.sent = ""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        given = words or ["--config", str(rig.config_path)]
        bare = [sys.executable, "-m", "pmv_tui", *given]
        self.command = shlex.join(bare)
        program, *arguments = within if "bash" in within else [*within, *bare]
        self.process: pexpect.spawn[str] = pexpect.spawn(
            program,
            arguments,
            env={**_of_a_terminal(rig.environment), **environment},
            cwd=str(rig.folder),
            dimensions=(rows, columns),
            encoding="utf-8",
            codec_errors="replace",
            timeout=DEADLINE,
        )

    def press(self, keys: str) -> None:
        """Type."""
        self.process.send(keys)

    def text(self) -> str:
        """Return what is on the screen now."""
        if self.process.closed:
            return self._displayed()
        try:
            while True:
                self._feed(self.process.read_nonblocking(65536, timeout=0))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return self._displayed()

    def colours(self, glyph: str) -> set[str]:
        """Return the colours of all cells that hold a character: names, or rrggbb."""
        self.text()
        cells = [cell for row in self._screen.buffer.values() for cell in row.values()]
        return {colour for cell in cells if cell.data == glyph for colour in (cell.fg, cell.bg)}

    def picture(self, first: int, rows: int, columns: int) -> NDArray[np.int32]:
        """Return the colours of half cells, 0xRRGGBB, of rows from a first one on; -1: none.

        Returns
        -------
        Shape (2 * rows, columns).
        """
        self.text()
        colours = np.full((2 * rows, columns), -1, np.int32)
        for y in range(rows):
            for x in range(columns):
                cell = self._screen.buffer[first + y][x]
                halves = (cell.fg if cell.data == "▀" else cell.bg), cell.bg
                for half, colour in enumerate(halves):
                    with suppress(ValueError):  # the terminal's own
                        colours[2 * y + half, x] = int(colour, 16)
        return colours

    def row(self, text: str) -> list[pyte.screens.Char]:
        """Return the characters of the first row that holds a text, with their colours."""
        rows = self._screen.buffer
        y = next(y for y, row in enumerate(self._screen.display) if text in row)
        return [rows[y][x] for x in range(self._screen.columns)]

    def _feed(self, text: str) -> None:
        self.sent += text
        self._stream.feed(text)

    def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal."""
        self._screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """Close the terminal, as a line does that drops; the program is not signalled from here."""
        pty: Any = self.process
        pty.ptyproc.fileobj.close()
        pty.child_fd = pty.ptyproc.fd = -1
        pty.closed = pty.ptyproc.closed = True

    def over(self) -> bool:
        """Read on, and return whether the program has ended; the terminal stays open."""
        self.text()
        return not self.process.isalive()

    def cleared(self) -> bool:
        """Return whether the screen is the one from before, with a cursor and without a mouse."""
        self.text()
        on = {mode >> 5 for mode in self._screen.mode}  # pyte keeps private modes shifted.
        return 25 in on and not on & {1000, 1003, 1049}

    def restored(self) -> bool:
        """Return whether the terminal is as before altogether: line by line, and with echo."""
        local = termios.tcgetattr(self.process.child_fd)[3]
        return self.cleared() and bool(local & termios.ICANON) and bool(local & termios.ECHO)

    def _displayed(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def shows(self, *words: str) -> str:
        """Wait until all the words are on the screen; give the screen."""

        def found() -> str:
            screen = self.text()
            return screen if all(word in screen for word in words) else ""

        try:
            return wait_for(found, f"{words} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()}") from None

    def hides(self, word: str) -> None:
        """Wait until a word is no longer on the screen."""
        wait_for(lambda: word not in self.text(), f"{word} to go from the screen")

    def ended(self) -> int | None:
        """Wait for the end of the program; its exit code."""
        self.process.expect(pexpect.EOF)
        self._feed(self.process.before or "")
        self.process.close()
        return self.process.exitstatus

    def __enter__(self) -> "TerminalTui":
        """Use it in a with block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it, however the block ended."""
        if self.process.isalive():
            self.process.kill(signal.SIGKILL)
            self.process.wait()
        self.process.close()
