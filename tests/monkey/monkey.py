"""A monkey at the terminal of the real TUI."""

import os
import re
import termios
import time
from collections import deque
from collections.abc import Mapping
from random import Random

import psutil

from tests.monkey.deeds import ESCAPE, Deed, Kind
from tests.support import RigOnDisk, free_ports, steady, wait_for
from tests.system.terminal import TerminalTui

FAREWELLS = ("The engine goes on", "The engine has been stopped", "The engine did not answer")
"""What the program says where it was asked to end."""

PAUSE = 0.3
"""Seconds from one deed to the next, at most."""

PATIENCE = 120.0
"""Seconds in which a TUI must answer a key; a machine that others use too may take some, and a TUI
comes last there."""

REMEMBERED = 40
"""Deeds that are reported where the program did not survive."""

TO_THE_SCREEN_BEFORE = "\x1b[?1049l"

STYLES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def write_config(rig: RigOnDisk) -> None:
    """Give a rig two small cameras, and no display for windows."""
    ports = free_ports(4)
    rig.write_config(steady("left", *ports[:2]) + steady("right", *ports[2:]))
    rig.environment["DISPLAY"] = ""


class Monkey:
    """Does random things at a TUI, and starts it again where one of them ended it in order.

    Parameters
    ----------
    seed : the same does the same.
    kinds : what it does, and how often.

    Attributes
    ----------
    deeds : how many it has done.
    starts : how often the TUI was started.
    """

    def __init__(self, rig: RigOnDisk, seed: int, kinds: Mapping[Kind, int]) -> None:
        self._rig = rig
        self._chance = Random(seed)  # noqa: S311 - the same each time is what is wanted
        self._kinds, self._weights = list(kinds), list(kinds.values())
        self._seed = seed
        self._done: deque[Deed] = deque(maxlen=REMEMBERED)
        self.deeds = self.starts = 0
        self._start()

    def _start(self) -> None:
        self.starts += 1
        self._tui = TerminalTui(self._rig)
        # What comes when the program has left is neither drawn nor a signal.
        terminal = self._tui.process.child_fd
        attributes = termios.tcgetattr(terminal)
        attributes[3] &= ~(termios.ECHO | termios.ISIG)
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        self._tui.shows("plugged")

    def act(self, kind: Kind | None = None) -> None:
        """Do one thing, or a few that belong together, each after a pause; None: of any kind."""
        if kind is None:
            (kind,) = self._chance.choices(self._kinds, self._weights)
        for deed in kind(self._chance):
            self.deeds += 1
            self._done.append(deed)
            if deed.size:
                self._tui.resize(*deed.size)
            self._send(deed.data)
            self._look_on(self._chance.choice((0.0, self._chance.uniform(0.0, PAUSE))))

    def act_often(self, deeds: int) -> None:
        """Do at least so many things, some of every kind among them."""
        until = self.deeds + deeds
        for kind in self._kinds:
            self.act(kind)
        while self.deeds < until:
            self.act()

    def _send(self, data: bytes) -> None:
        """Have the terminal send some bytes, as fast as they are read."""
        terminal = self._tui.process.child_fd
        os.set_blocking(terminal, False)
        while data and not self._tui.over():
            try:
                data = data[os.write(terminal, data) :]
            except BlockingIOError:
                self._look_on(0.01)

    def _look_on(self, seconds: float) -> None:
        """Take what is drawn; where the program has ended, see that it was to."""
        end = time.monotonic() + seconds
        while True:
            if self._tui.over():
                self._assert_left()
                self._start()
                return
            if time.monotonic() >= end:
                return
            time.sleep(0.02)

    def _assert_left(self) -> None:
        """See that the program ended as it does where a person ends it."""
        self._tui.ended()
        code = self._tui.process.exitstatus
        said = STYLES.sub("", self._tui.sent.rpartition(TO_THE_SCREEN_BEFORE)[2])
        if code != 0 or not any(words in said for words in FAREWELLS):
            raise AssertionError(self._with_deeds(f"it ended with {code}:\n{said}"))

    def _with_deeds(self, what: str) -> str:
        return f"seed {self._seed}, {self.deeds} deeds: {what}\nthe last ones: {list(self._done)}"

    def memory(self) -> int:
        """Return the bytes that the TUI takes."""
        memory: int = psutil.Process(self._tui.process.pid).memory_info().rss
        return memory

    def assert_well(self) -> None:
        """See that the TUI still shows the cameras, and answers a key."""
        self._tui.resize(80, 24)

        def answers() -> bool:
            self._send(ESCAPE)
            self._look_on(0.2)
            text = self._tui.text()
            first, *_, last = text.splitlines()
            # A dialog, which has a frame, leaves both in sight.
            if not ("plugged" in first and "q quit" in last and "╭" not in text):
                return False
            self._send(b"?")
            end = time.monotonic() + PATIENCE / 3
            while "Keys" not in self._tui.text() and time.monotonic() < end:
                self._look_on(0.2)
            return "Keys" in self._tui.text()

        try:
            wait_for(answers, "the way back to the cameras, and the help there", PATIENCE)
        except AssertionError as error:
            raise AssertionError(self._with_deeds(f"{error}\n{self._tui.text()}")) from None

    def end(self) -> None:
        """Take it away from the TUI, and the TUI with it."""
        with self._tui:
            pass
