"""What is written in place of TOML: values as in other languages, and characters that look alike.

Word processors, web pages and chats put typographic quotes, blanks and minus signs in place of the
plain ones.
"""

import re
import unicodedata

_PAIR = re.compile(r"""\s*(?P<key>[\w."'-]+)\s*=\s*(?P<value>[^#"'\[\]{}]*?)\s*(#.*)?""")

_TWICE = re.compile(r"Cannot declare \('(\w+)',\) twice")


def in_toml(error: str, written: str) -> str:
    """Return what to write in place of a line that is not TOML; empty where that is not known.

    Parameters
    ----------
    error : what the parser says of it.
    written : the line.
    """
    if twice := _TWICE.match(error):
        if twice[1] == "cameras":
            return "write [[cameras]], in double brackets, above each camera"
        return f"[{twice[1]}] stands twice: write its settings below one of them"
    if error == "Cannot overwrite a value":
        return f"{written.partition('=')[0].strip()} stands twice: leave one of them out"
    if "=" not in written and error.startswith("Expected '='"):
        return "write KEY = VALUE, such as fps = 30"
    pair = _PAIR.fullmatch(written)
    return _value_in_toml(pair["value"]) if pair else ""


def _value_in_toml(value: str) -> str:
    """Return how a value is written; empty where that is not known."""
    if not value:
        return "a value is missing behind the ="
    if value.lower() in ("true", "false"):
        return f"write {value.lower()}, in small letters"
    if re.fullmatch(r"[+-]?\d+,\d+", value):
        return f"write {value.replace(',', '.')}, with a point"
    text = not value[0].isdecimal() and value[0] not in "+-" and value.isprintable()
    return f'write "{value}": text stands in quotes' if text and value.isascii() else ""


def lookalike(text: str, line: int, column: int | None) -> str:
    """Name the character that keeps a text from being TOML; empty where there is none.

    Parameters
    ----------
    text : of the file.
    line : to blame, from 1.
    column : likewise; None: at the end of the text.
    """
    written = text.split("\n")[line - 1].rstrip("\r")
    place = len(written) if column is None else column - 1
    if place < len(written):
        return _named(written[place], place)
    # A string that does not end: what was meant to end it stands before.
    quotes = (_named(each, at) for at, each in enumerate(written) if _plain(each) == '"')
    return next(filter(None, quotes), "")


def _named(character: str, place: int) -> str:
    """Name a character and say what is needed in its place; empty where it is an ordinary one."""
    plain = _plain(character)
    if plain in ("", character):
        return ""
    name = unicodedata.name(character, "without a name").lower()
    shown = f"{character} " if character.isprintable() else ""
    needed = "an ordinary blank" if plain == " " else f"a plain {plain}"
    return f"column {place + 1} is {shown}U+{ord(character):04X}, {name}; write {needed}"


def _plain(character: str) -> str:
    """Return the character of TOML that another looks like; empty where it looks like none."""
    if character.isascii():
        return character
    name = unicodedata.name(character, "")
    match unicodedata.category(character):
        case "Zs" | "Cf":
            return " "
        case "Pd":
            return "-"
        case "Pi" | "Pf":
            return '"'
    if name.endswith("QUOTATION MARK") or "PRIME" in name:
        return '"'
    if name == "MINUS SIGN":
        return "-"
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible.isascii() else ""
