"""Characters that look like those of TOML and are others: typographic quotes, blanks, minus signs.

Word processors, web pages and chats put them in place of the plain ones.
"""

import unicodedata


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
