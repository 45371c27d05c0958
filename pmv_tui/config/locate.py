"""Which config file is used, and where it was looked for."""

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pmv_tui.untrusted import printable


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
    """A config file that cannot be used: `path`, and its `problems`, in the order of the file.

    Its text has one line a problem, `file:line: key: what`.
    """

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(path, self.problems)

    def __str__(self) -> str:
        """Return one line a problem, in the form that editors can jump to."""
        return "\n".join(self._line(problem) for problem in self.problems)

    def _line(self, problem: Problem) -> str:
        where = f"{self.path}:{problem.line}" if problem.line else f"{self.path}"
        # A problem is a line, whatever it quotes.
        return printable(": ".join(part for part in (where, problem.key, problem.text) if part))


def unusable(path: Path, text: str, line: int | None = None) -> ConfigError:
    """Return the error of a file that is wrong as a whole."""
    return ConfigError(path, [Problem("", line, text)])


VARIABLE = "PMV_TUI_CONFIG"
"""The environment variable that names a config file."""

FILE_NAME = "config.toml"

HERE = "the current folder"
"""What decided where no file was named and one lies there."""

NO_HOME = "this user has no home folder (no HOME, and no entry in the system's list of users)"


@dataclass(frozen=True, slots=True)
class Location:
    """The config file of this call.

    Parameters
    ----------
    path : absolute. Where no file was found: the one in the user's config folder, which is made
        when a setting is first saved.
    chosen_by : what decided, for people.
    exists : whether there is a file.
    looked_at : every place that was considered, in order.
    """

    path: Path
    chosen_by: str
    exists: bool
    looked_at: tuple[Path, ...]

    def explained(self, error: ConfigError) -> str:
        """Return what is wrong with the file; if it may be another program's, why it was read."""
        foreign = any(
            problem.key and "." not in problem.key and problem.text.startswith("unknown key")
            for problem in error.problems
        )
        if self.chosen_by != HERE or not foreign:
            return str(error)
        return (
            f"{error}\n{self.path} was used because it lies in the current folder; if it is "
            f"another program's, name yours with --config FILE or ${VARIABLE}"
        )


OPTION = "--config"
"""What decided where a file was named on the command line."""


def locate_config(option: str | os.PathLike[str] | None = None, named_by: str = OPTION) -> Location:
    """Find the config file: `--config` (`option`), `$PMV_TUI_CONFIG`, `./config.toml`, the user's.

    Parameters
    ----------
    named_by : what people would change to name another one than `option`.

    Raises
    ------
    ConfigError : a file that was asked for by name does not exist, or this user has no folder.
    """
    if option is not None:
        return _named(Path(option), OPTION, named_by)
    if variable := os.environ.get(VARIABLE):
        return _named(Path(variable), f"${VARIABLE}", f"${VARIABLE}")
    here = _absolute(Path(FILE_NAME))
    if _stands(here):
        return Location(here, HERE, True, (here,))
    try:
        user = platformdirs.user_config_path("pmv-tui") / FILE_NAME
    except RuntimeError:
        text = f"is not there, and {NO_HOME}; name a config file with --config, or set HOME"
        raise unusable(here, text) from None
    return Location(user, "the user's config folder", _stands(user), (here, user))


def _named(path: Path, chosen_by: str, named_by: str) -> Location:
    """Take the file that was asked for by name: it must be there."""
    path = _absolute(path)
    if not _stands(path):
        text = f"there is no such file; {named_by} names it: write it, or name another one"
        raise unusable(path, text)
    return Location(path, chosen_by, True, (path,))


def _absolute(path: Path) -> Path:
    """Make a path absolute; links in it stay as they are."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        text = "~ names a user who has no home folder here; write the whole path"
    except FileNotFoundError:
        text = "the current folder was removed; change to another one"
    raise unusable(path, text)


def why_no_file(path: Path) -> str:
    """Return what keeps a path from being a file that can be read; empty where nothing is known.

    Raises
    ------
    FileNotFoundError : nothing is there.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise
    except OSError as error:
        return unreadable(error)
    if stat.S_ISREG(mode):
        return ""
    kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    return f"is {kind}; name a file such as {path.name}/config.toml"


def unreadable(error: OSError) -> str:
    """Return why a file cannot be read, and what to do."""
    remedy = "see that this user may read it"
    if error.errno == errno.ELOOP:
        remedy = "its links lead round in a circle: name the file itself"
    return f"cannot be read: {error.strerror}; {remedy}"


def real_path(path: Path) -> Path:
    """Return a path with all links followed; a link that leads back to itself is left as it is."""
    return Path(os.path.realpath(path))  # Path.resolve fails of such a link, up to Python 3.12


def _stands(path: Path) -> bool:
    """Return whether something is there, even if it cannot be read: loading it says why."""
    try:
        path.lstat()
    except OSError as error:
        return not isinstance(error, FileNotFoundError | NotADirectoryError)
    return True
