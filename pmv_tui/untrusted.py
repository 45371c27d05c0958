"""What comes from outside: made fit to be shown, bounded in depth and in number; from whom."""

import re
import socket
import struct
from typing import Any, NamedTuple


def printable(text: str, instead: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """Replace what could steer a terminal: control characters, changes of writing direction.

    Names, reasons and labels come from devices, files and client scripts. An escape or a C1
    control among them would be a command to the terminal that shows it.

    Parameters
    ----------
    instead : stands for each character that cannot be shown; a line's end is one of them.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else instead for each in text)


_PASSWORD = re.compile(
    r"(?P<before>://[^/@\s:]*:)[^/\s]*(?P<after>@)"
    r"|(?P<key>[?&](?:pass\w*|pwd|token|auth\w*|key)=)[^&\s]*",
    re.IGNORECASE,
)


def without_passwords(text: str) -> str:
    """Replace the password of each URL in a text, such as `rtsp://me:secret@host/`, by dots."""
    if "://" not in text:
        return text
    return _PASSWORD.sub(
        lambda found: f"{found['before'] or found['key']}...{found['after'] or ''}", text
    )


MAX_DEPTH = 32
"""Tables and arrays inside each other; nothing that this program reads needs more than six. Python
gives up at some hundreds, and where depends on who called."""


def too_deep(value: Any) -> bool:
    """Whether tables and arrays are nested deeper than `MAX_DEPTH`."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list() | tuple():
            return list(value)
        case _:
            return []


class TokenBucket:
    """How often something is reported: a few times at once, then once a period.

    Parameters
    ----------
    size : tokens it holds, so what may be reported at once.
    period : seconds to one more token.
    """

    def __init__(self, size: int, period: float) -> None:
        self._size = size
        self._period = period
        self._tokens = float(size)
        self._filled_at: float | None = None

    def take(self, now: float) -> bool:
        """Take a token; False where there is none. `now` is monotonic, s."""
        if self._filled_at is not None:
            gained = (now - self._filled_at) / self._period
            self._tokens = min(self._tokens + gained, self._size)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Peer(NamedTuple):
    """The process at the other end of a unix socket, and its user, as the kernel knows them."""

    pid: int
    uid: int


def peer_of(link: socket.socket) -> Peer:
    """Return who is at the other end of a unix socket."""
    pid, uid, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return Peer(pid, uid)
