"""Text from outside, made fit for a terminal, a log and a window: the one place that decides it."""

import re


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
