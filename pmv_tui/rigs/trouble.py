"""Why a machine cannot be reached, in words, made of what `ssh` says."""

import re

from pmv_tui.untrusted import printable, without_passwords

LOCAL = "local"
"""The machine that this process runs on, where a host is named."""

LONGEST = 300
"""Characters of what another machine says that are shown."""


class HostTrouble(Exception):  # noqa: N818 - a state, reported as it is
    """A machine did not do what was asked; the text says why, and what to do.

    Parameters
    ----------
    lasting : whether it stays so until a person does something about it.
    """

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


_LASTING = (
    (
        r"exec: ssh: not found",
        "there is no ssh on this machine; install OpenSSH's client",
    ),
    (
        r"could not resolve hostname(?!.*temporary)|name or service not known",
        "no such host; see that its name is right, and what ~/.ssh/config says of it",
    ),
    (
        r"identification has changed|host key for .* has changed",
        "its host key has changed: if the machine was set up anew, {forget}, then log in once "
        "by ssh {host}; if not, somebody may be between you and it",
    ),
    (
        r"host key is known|host key verification failed",
        "its host key is not known here: log in once by ssh {host}, and compare the key",
    ),
    (
        r"permission denied|too many authentication failures|no supported authentication",
        "log-in refused: ssh {host} must log in without asking; ssh-copy-id {host} puts your key "
        "there, ssh-add lets the agent have it",
    ),
    (
        r"bad configuration option|terminating, \d+ bad|bad owner or permissions",
        "ssh does not take its own config: {said}",
    ),
    (
        r"administratively prohibited|forwarding request failed",
        "its ssh server does not allow that; see AllowStreamLocalForwarding of its sshd_config, "
        "and the permitopen of a restricted key",
    ),
)
"""What `ssh` says where a person has to do something, and that in our words."""

_PASSING = (
    (
        r"session open refused",
        "its ssh server runs no more commands at the same time; MaxSessions of its sshd_config is "
        "10 by default",
    ),
    (
        r"temporary failure in name resolution",
        "no name server answers; see that this machine is in a network",
    ),
    (r"connection refused", "unreachable: no ssh server listens there; see that sshd runs"),
    (
        r"timed out|timeout",
        "unreachable: it does not answer; see that it is switched on and in this network",
    ),
    (
        r"no route to host|network is unreachable|network is down",
        "unreachable: no network leads there; see that it is switched on, and cables are in",
    ),
    (
        r"connection (?:closed|reset)|closed by remote host|broken pipe|kex_exchange",
        "its ssh server closed the connection ({said}); see its log",
    ),
)
"""The same where it may be better the next time."""


def why_failed(host: str, stderr: bytes, code: int | None) -> HostTrouble:
    """Return why `ssh` ended without having reached a host, and what to do.

    Parameters
    ----------
    stderr : what it printed; other machines may have a part in it.
    code : its exit code; None where it has not ended.
    """
    said = last_line(stderr)
    text = stderr.decode(errors="replace").lower()
    for pattern, words in (*_LASTING, *_PASSING):
        if re.search(pattern, text):
            lasting = (pattern, words) in _LASTING
            return HostTrouble(_filled(words, host, stderr), lasting=lasting)
    silent = f"ssh ended with code {code}, and did not say why; try ssh {host}"
    return HostTrouble(said or silent)


def _filled(words: str, host: str, stderr: bytes) -> str:
    """Fill in a host, what was said last, and how the key that a host had is forgotten."""
    text = stderr.decode(errors="replace")
    # The key may stand under another name, and in another file, than one would think.
    if (command := _FORGET.search(text)) is None:
        place = _OFFENDING.search(text)
        forget = f"take out line {place[2]} of {shown(place[1])}" if place else ""
    else:
        forget = command[0]
    forget = forget or f"ssh-keygen -R {host}"
    return words.format(host=host, said=last_line(stderr), forget=forget)


_FORGET = re.compile(r"""ssh-keygen -f (["'])([\w./+@~ -]+)\1 -R (["'])([\w.:@%\[\] -]+)\3""")
"""What some builds of `ssh` say, and people may give to a shell."""

_OFFENDING = re.compile(r"^Offending (?:.* )?key in (.+):(\d+)\r?$", re.MULTILINE)
"""What all of them say."""


def last_line(output: bytes) -> str:
    """Return the last line that has words, fit to be shown; empty where there is none."""
    lines = output.decode(errors="replace").strip().splitlines() or [""]
    return shown(without_passwords(lines[-1].strip()))


def shown(text: str) -> str:
    """Make a text of another machine fit to be shown."""
    return printable(text[:LONGEST])
