"""The command line by which `pmv-tui` is found and run on another machine."""

import secrets
import shlex
from collections.abc import Sequence

from pmv_tui.rigs.process import Finished, Hear
from pmv_tui.rigs.trouble import HostTrouble, last_line

# What follows is given to `sh`, whatever the user's shell is: that one only reads quoted words. It
# is on one line and without "!", to which csh gives a meaning within quotes.

_AS_LOGGED_IN = (
    'case "$SHELL" in '
    """*fish) exec "$SHELL" -lc 'exec $argv' sh -c "$@";; """
    """*csh) exec "$SHELL" -c 'exec $argv:q' sh -c "$@";; """
    """*) exec "$SHELL" -lc 'exec "$@"' sh sh -c "$@";; esac"""
)
"""Runs a script in the surroundings of somebody who logs in, whose PATH and folders it has."""

FOR_RIG = "PMV_TUI_FOR_RIG"
"""The variable that is set for a `pmv-tui` which another one runs, with --rig: what it advises is
for people at another terminal."""

BY_LIST, BY_KEY = "list", "key"
"""Its values: the rig's config file is named by rigs.toml or HOST:CONFIG, or by authorized_keys."""

_FIND = (
    'echo; echo "$1"; echo >&2; echo "$1" >&2; call=${2:-pmv-tui}; shift 2; cd; '
    f"{FOR_RIG}={BY_LIST}; export {FOR_RIG}; "
    '[ "$call" = pmv-tui ] && { command -v pmv-tui >/dev/null || '
    """call='"$HOME"/.local/bin/pmv-tui'; }; """
    """eval "exec $call "'"$@"'"""
)
"""Prints a mark, after which all is its own, and becomes `pmv-tui`."""

NOT_THERE = (126, 127)
"""What a shell ends with where there is no such command, or it cannot be executed."""


def quote(words: Sequence[str]) -> str:
    """Write words so that any shell reads them as they are: sh, bash, zsh, fish, csh.

    Raises
    ------
    HostTrouble : one holds a control character.
    """
    for word in words:
        if any(ord(each) < 32 for each in word):
            raise HostTrouble(f"{word!r} holds a control character; write it without")
    # Within single quotes fish gives the backslash a meaning, as no other shell does.
    replaced = (word.replace("'", "'\"'\"'").replace("\\", "'\"\\\\\"'") for word in words)
    return " ".join(f"'{word}'" for word in replaced)


class Call:
    """A call of `pmv-tui` on another machine.

    Parameters
    ----------
    arguments : its command line, without its name.
    command : how it is called there, as its user's `sh` would take it; empty: it is looked for,
        in the PATH of somebody who logs in, then in `~/.local/bin`.
    """

    def __init__(self, arguments: Sequence[str], command: str = "") -> None:
        self._command = command
        # Files that a shell reads at its start may print what they like before it.
        # What is given to `sh` is read by `asked_of`, too.
        self._mark = secrets.token_hex(8)
        found = [_FIND, "pmv-tui", self._mark, command, *arguments]
        self.words = ["sh", "-c", _AS_LOGGED_IN, "sh", *found]

    def heard(self, hear: Hear) -> Hear:
        """Make what passes on what `pmv-tui` prints, without what shells have printed before."""
        mark = f"{self._mark}\n".encode()
        before: bytes | None = b""

        def pass_on(data: bytes) -> None:
            nonlocal before
            if before is not None:
                said, found, data = (before + data).partition(mark)
                before = None if found else said[-len(mark) :]
            if data:
                hear(data)

        return pass_on

    def read(self, finished: Finished) -> Finished:
        """Return what `pmv-tui` printed, without what shells have printed before.

        Raises
        ------
        HostTrouble : it was not found, or what is run at a log-in did not come to its end.
        """
        mark = f"{self._mark}\n".encode()
        if mark not in finished.stdout:
            said = last_line(finished.stderr) or last_line(finished.stdout)
            raise HostTrouble(
                "who logs in there gets no shell that runs a command"
                f"{said and f' ({said})'}; see its ~/.profile, and what the key is restricted to"
            )
        said = last_line(finished.stderr)
        if finished.code in NOT_THERE:
            raise not_there(self._command, "" if said == self._mark else said)
        out, errors = (each.rpartition(mark)[2] for each in (finished.stdout, finished.stderr))
        return Finished(finished.code, out, errors)


def not_there(command: str, said: str) -> HostTrouble:
    """Return that there is no `pmv-tui`, and what a person may do about it.

    Parameters
    ----------
    command : how it was called; empty: it was looked for.
    said : by the shell.
    """
    said = said and f" ({said})"
    if command:
        text = f"{command} is not to be run there: see the rig's command in rigs.toml{said}"
    else:
        text = (
            "there is no pmv-tui there: install it, or give the rig its command in rigs.toml; it "
            f"is neither in the PATH of who logs in nor in ~/.local/bin{said}"
        )
    return HostTrouble(text, lasting=True)


def asked_of(line: str) -> tuple[str, list[str]] | None:
    """Read a command line that a `Call` has sent; None: it is something else.

    Returns
    -------
    The mark to print before anything else, to both streams, and the arguments of `pmv-tui`.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    match words:
        case ["sh", "-c", _, "sh", _, "pmv-tui", mark, _, *arguments] if mark.isalnum():
            return mark, arguments
        case _:
            return None
