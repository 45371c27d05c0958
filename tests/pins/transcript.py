"""Runs command lines, and writes down what each prints, how it ends, and what it changes."""

import re
import shlex
import subprocess
from difflib import unified_diff

from tests.pins.pinned_rig import PinnedRig

USAGE = re.compile(r"^usage: .*?^(?=pmv-tui)| \(choose from [^)]*\)", re.M | re.S)
"""What argparse words otherwise in other versions of Python."""


class Transcript:
    """What was typed, and what came of it: `>` what the engine was asked, `!` what went to stderr,
    `-` and `+` lines of the config file, and the exit code in brackets.
    """

    def __init__(self, rig: PinnedRig) -> None:
        self._rig = rig
        self._lines: list[str] = []

    def run(self, line: str, *, config: str = "config.toml") -> subprocess.CompletedProcess[str]:
        """Run a command line; `{left}` and the like stand for what the rig has there."""
        words = shlex.split(self._rig.named(line))
        before = self._config()
        with self._rig.asked() as requests:
            ended = self._rig.run_here("--config", str(self._rig.folder / config), *words)
        changes = list(unified_diff(before, self._config(), lineterm="", n=0))
        self._lines += [
            self._rig.stable.text(f"$ pmv-tui {shlex.join(words)}"),
            *(f"> {each}" for each in self._distinct(requests)),
            *self._plain(ended.stdout),
            *(f"! {each}" for each in self._plain(USAGE.sub("", ended.stderr))),
            *(each for each in changes[2:] if each[0] in "+-"),
            f"[{ended.returncode}]",
            "",
        ]
        return ended

    def text(self) -> str:
        """Return all of it."""
        return "\n".join(self._lines)

    def _config(self) -> list[str]:
        return self._rig.stable.text(self._rig.config_path.read_text()).splitlines()

    def _distinct(self, requests: list[bytes]) -> list[str]:
        """Write requests; one that is sent until something has come about stands there once."""
        return list(dict.fromkeys(map(self._rig.written, requests)))

    def _plain(self, text: str) -> list[str]:
        return self._rig.stable.text(text).splitlines()
