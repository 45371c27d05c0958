"""What commands are made of: their arguments, what they print, how they end."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pmv_tui.untrusted import printable

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


DONE, NOT_DONE, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; it could not be done; the command line or the config file is wrong; ctrl+c came
before it was done. Documented in docs/commands.md."""


class CommandFailed(Exception):  # noqa: N818 - what happened, as it reads
    """A command ends with a sentence for people and an exit code."""

    def __init__(self, text: str, code: int = NOT_DONE) -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def said_of(*errors: type[Exception], code: int = NOT_DONE) -> Iterator[None]:
    """End the command with what an exception of these types tells people."""
    try:
        yield
    except errors as error:
        raise CommandFailed(str(error), code) from None


def show(options: argparse.Namespace, value: Any, lines: Callable[[], list[str]]) -> None:
    """Print a value as JSON where that was asked for, else the lines for people."""
    if options.json:
        put(f"{json.dumps(value, indent=2)}\n")
    else:
        say(*lines())


def say(*lines: str) -> None:
    """Print lines for people; what in them could steer the terminal is replaced."""
    # As late as the command line can: nothing of what devices, files and scripts call themselves
    # gets past this.
    put("".join(f"{printable(line)}\n" for line in lines))


def complain(text: str) -> None:
    """Say on stderr why a command failed; where nobody can read it, its exit code still says so."""
    with suppress(OSError):
        for line in f"pmv-tui: {text}".split("\n"):
            print(printable(line), file=sys.stderr)


def put(text: str) -> None:
    """Write a text to stdout, all of it.

    Raises
    ------
    CommandFailed : it cannot be written.
    BrokenPipeError : nobody reads it any more.
    """
    with _written():
        sys.stdout.write(text)
        sys.stdout.flush()


def put_bytes(data: bytes) -> None:
    """Write bytes to stdout, as `put` does a text."""
    with _written():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandFailed(f"the output cannot be written: {error.strerror}") from None


Run = Callable[[argparse.Namespace], int]
"""Carries out a command; returns its exit code."""

Elsewhere = Callable[[argparse.Namespace, list[str]], int]
"""Carries out a command for the rigs of --rig, with its command line; returns the exit code."""


def _refusal(why: str) -> Elsewhere:
    """Make what refuses --rig in words."""

    def refuse(_options: argparse.Namespace, _words: list[str]) -> int:
        raise CommandFailed(why, WRONG)

    return refuse


def rigs_of(options: argparse.Namespace) -> list[str]:
    """Return what --rig was given, before the command and after it."""
    return [*getattr(options, "rigs_before", []), *getattr(options, "rigs", [])]


def without_rigs(words: Sequence[str]) -> list[str]:
    """Return a command line, which the parser has accepted, without --rig and what it was given."""
    kept, left = list[str](), iter(words)
    for word in left:
        if word == "--":
            return [*kept, word, *left]
        name, given, _ = word.partition("=")
        if len(name) > len("--") and "--rig".startswith(name):  # it may be shortened
            if not given:
                next(left)
        else:
            kept.append(word)
    return kept


ONE, SOME = "a camera's name or unique_id", "cameras' names or unique_ids, or all"
"""What is said of a camera's name where it stands for one, and where several may be named."""


class _Parser(argparse.ArgumentParser):
    """Quotes a wrong command line without what in it could steer the terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        """Print what was asked for, such as help, as any command does: argparse hides failures."""
        if file is sys.stdout:
            put(message)
        else:
            super()._print_message(message, file)


JSON_HELP = "print JSON, for scripts"

RIG: Any = {
    "metavar": "RIG",
    "action": "append",
    "default": argparse.SUPPRESS,
    "help": "for another rig: a name or group of rigs.toml, all, or HOST[:CONFIG]; several times",
}
"""The option by which commands are for other rigs."""

HIDDEN = {"help": argparse.SUPPRESS}


class Grammar:
    """The parser of the whole command line, to which each module adds its commands.

    Parameters
    ----------
    version : printed by --version.
    bare, fleet : run where no command is given, for this rig and for those of --rig.
    elsewhere : runs a command for the rigs of --rig, unless that has a way of its own.
    """

    def __init__(self, version: str, bare: Run, fleet: Elsewhere, elsewhere: Elsewhere) -> None:
        self._elsewhere = elsewhere
        self._config = _Parser(add_help=False)
        self._config.add_argument(
            "--config", metavar="FILE", type=Path, default=argparse.SUPPRESS, help="the config file"
        )
        self._listing = _Parser(add_help=False)
        self._listing.add_argument("--json", action="store_true", help=JSON_HELP)
        self.parser = _Parser(
            "pmv-tui",
            parents=[self._config],
            description="Cameras for closed-loop experiments. Without a command: attach the "
            "terminal interface to this rig's engine, which is started first if none runs; with "
            "--rig, to those rigs.",
            epilog="Exit codes: 0 done; 1 it could not be done; 2 wrong usage or config file; "
            "130 ctrl+c.",
        )
        self.parser.add_argument("--version", action="version", version=f"pmv-tui {version}")
        self.parser.add_argument("--rig", dest="rigs_before", **RIG)
        self.parser.set_defaults(run=bare, elsewhere=fleet)
        self._commands = self.parser.add_subparsers(metavar="COMMAND")

    def command(
        self,
        name: str,
        run: Run,
        help_text: str,
        *,
        listing: bool = True,
        elsewhere: Elsewhere | None = None,
        only_here: str = "",
        longest: float = 0.0,
    ) -> argparse.ArgumentParser:
        """Add a command.

        Parameters
        ----------
        help_text : a phrase, for the list of commands and for its own help.
        listing : whether it takes --json.
        elsewhere : runs it for the rigs of --rig; as others where it is not given.
        only_here : why it does not take --rig, and what to do instead; empty where it does.
        longest : seconds that it may take more than others.

        Returns
        -------
        Its parser, for arguments of its own.
        """
        parents = [self._config, self._listing] if listing else [self._config]
        made: argparse.ArgumentParser = self._commands.add_parser(
            name, parents=parents, help=help_text, description=help_text
        )
        made.add_argument("--rig", dest="rigs", **RIG | (HIDDEN if only_here else {}))
        others = _refusal(only_here) if only_here else elsewhere or self._elsewhere
        made.set_defaults(run=run, elsewhere=others, longest=longest, command=name)
        return made

    def action(
        self,
        actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
        name: str,
        run: Run,
        help_text: str,
    ) -> argparse.ArgumentParser:
        """Add one of the actions that a command has, as `command` does; it takes --json."""
        made: argparse.ArgumentParser = actions.add_parser(
            name, parents=[self._config], help=help_text, description=help_text
        )
        # Not to take back what stands before the action.
        made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=JSON_HELP)
        made.set_defaults(run=run)
        return made


def seconds(text: str) -> float:
    """Read a time, or raise what argparse reports."""
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("a number of seconds above 0")
    return number


def camera_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command take the name of a camera."""
    parser.add_argument("camera", metavar="NAME", help=ONE)


def cameras_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command take the names of cameras."""
    parser.add_argument("cameras", metavar="NAME", nargs="+", help=SOME)


def chosen(names: list[str]) -> str | list[str]:
    """Return the argument `camera` of a request for the cameras that were named."""
    return names[0] if len(names) == 1 else names
