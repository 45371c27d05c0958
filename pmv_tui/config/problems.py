"""What is wrong with a config file, told all at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pmv_tui.printable import printable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    key : what it concerns, such as `cameras[left-simulated].fps`; empty for the file as a whole.
    line : counted from 1; None where no line is to blame.
    text : what is wrong and what is allowed, for people.
    """

    key: str
    line: int | None
    text: str


class ConfigError(Exception):
    """A config file that cannot be used; its text has one line a problem, `file:line: key: what`.

    Parameters
    ----------
    path : the file.
    problems : every one that was found, in the order of the file.
    """

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(path, self.problems)

    def __str__(self) -> str:
        """Give one line a problem, in the form that editors can jump to."""
        return "\n".join(self._told(problem) for problem in self.problems)

    def _told(self, problem: Problem) -> str:
        where = f"{self.path}:{problem.line}" if problem.line else f"{self.path}"
        # A problem is a line, whatever it quotes.
        return printable(": ".join(part for part in (where, problem.key, problem.text) if part))
