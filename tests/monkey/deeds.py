"""What a monkey at a terminal does: each deed is some bytes, or another size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

ESCAPE = b"\x1b"
ENTER = b"\r"
PALETTE = b"\x10"
PASTE = b"\x1b[200~", b"\x1b[201~"

NAMED = {
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "page up": b"\x1b[5~",
    "page down": b"\x1b[6~",
    "shift+tab": b"\x1b[Z",
    "delete": b"\x1b[3~",
    "F1": b"\x1bOP",
}

SINGLE = [
    *(bytes([code]) for code in range(ord("!"), ord("~") + 1)),
    *NAMED.values(),
    *3 * (ESCAPE, ENTER, b"\t", b" ", b"\x7f"),
    *(b"\x03", PALETTE, b"\x11", b"\x15", b"\x17", b"\x1a", b"\x08"),
]
"""Every key there is; those that do much several times."""

OPENING = [b"l", b"?", b"e", b"V", b"v", b"q", ENTER, PALETTE, b"/", b"P", NAMED["F1"]]
"""Keys that open something on one screen or another."""

WORDS = ["plug", "log", "theme", "pict", "x", "rescan", "quit", "expo", "addr", "zzz"]
"""What is looked for in the palette."""

SIZES = [
    *((80, 24), (80, 24), (80, 24), (200, 50), (120, 30), (250, 80)),
    *((60, 20), (40, 12), (20, 5), (3, 10), (1, 1)),
]
"""Columns and rows."""

ANSWERS = [
    *(b"\x1b[?1;2c", b"\x1b[0n", b"\x1b[24;80R", b"\x1b[?2048;1$y", b"\x1b[I", b"\x1b[O"),
    *(b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07", b"\x1bP>|xterm(370)\x1b\\", b"\x1b[48;0;0;0;0t"),
    *(b"\x1b[48;99999999;99999999;1;1t", b"\x1b[?2026;2$y", b"\x1b[>41;370;0c"),
]
"""What terminals answer to questions; most of these nobody asked."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done.

    Parameters
    ----------
    data : what the terminal sends.
    size : columns and rows that the terminal has from now on; None to leave it as it is.
    """

    data: bytes = b""
    size: tuple[int, int] | None = None


Kind = Callable[[Random], list[Deed]]
"""Chooses some deeds that belong together."""


def _sent(*data: bytes) -> list[Deed]:
    return [Deed(each) for each in data]


def press(chance: Random) -> list[Deed]:
    """Press any key."""
    return _sent(chance.choice(SINGLE))


def hurry(chance: Random) -> list[Deed]:
    """Press several keys that arrive at once, as over a slow line."""
    return _sent(b"".join(chance.choices(SINGLE, k=chance.randint(2, 8))))


def open_and_leave(chance: Random) -> list[Deed]:
    """Open something and leave it, perhaps with an escape too many."""
    return _sent(chance.choice(OPENING), *[ESCAPE] * chance.randint(1, 3))


def use_palette(chance: Random) -> list[Deed]:
    """Search the palette, then choose or leave."""
    ends = chance.choices([ENTER, ESCAPE, NAMED["down"], PALETTE], k=chance.randint(1, 3))
    return _sent(PALETTE, chance.choice(WORDS).encode(), *ends)


def point(chance: Random) -> list[Deed]:
    """Click once or twice, drag, move or turn the wheel."""
    x, y = chance.randint(1, 90), chance.randint(1, 28)
    down, up = f"\x1b[<0;{x};{y}M", f"\x1b[<0;{x};{y}m"
    over = f"\x1b[<32;{chance.randint(1, 90)};{chance.randint(1, 28)}M"
    wheel = f"\x1b[<{chance.choice((64, 65, 66, 67))};{x};{y}M"
    moved = f"\x1b[<35;{x};{y}M"
    done = chance.choice([down + up, down + up + down + up, down + over + up, wheel * 3, moved])
    return _sent(done.encode())


def resize(chance: Random) -> list[Deed]:
    """Resize the terminal."""
    return [Deed(size=chance.choice(SIZES))]


def paste(chance: Random) -> list[Deed]:
    """Paste a text of a line, of some, or of very many."""
    begin, end = PASTE
    return _sent(begin + "tcp://localhost:5555 é\n".encode() * chance.choice((1, 1, 50)) + end)


def noise(chance: Random) -> list[Deed]:
    """Send any bytes."""
    return _sent(chance.randbytes(chance.randint(1, 200)))


def other_encoding(chance: Random) -> list[Deed]:
    """Type in a terminal that is not set to UTF-8."""
    return _sent("é°µ日本".encode(chance.choice(["latin-1", "utf-16", "shift-jis"]), "replace"))


def strange_sequence(chance: Random) -> list[Deed]:
    """Send an escape sequence with any numbers and any end, whole or cut off."""
    numbers = [chance.choice((0, 1, 27, 65536, 1114112, 10**9, 10**19)) for _ in range(3)]
    begin = chance.choice(["\x1b[", "\x1b[<", "\x1b[?", "\x1b]", "\x1bP", "\x1bO", "\x1b\x1b["])
    whole = begin + ";".join(map(str, numbers)) + chance.choice("ABHMRZcmnqtuy~\x07")
    return _sent(whole.encode()[: chance.randint(1, len(whole))])


def answer(chance: Random) -> list[Deed]:
    """Answer what nobody asked."""
    return _sent(*chance.choices(ANSWERS, k=2))


def far_click(chance: Random) -> list[Deed]:
    """Click where there is no terminal."""
    x, y = chance.choice([(0, 0), (223, 223), (99999, 99999), (10**12, 1), (1, 10**12)])
    return _sent(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m".encode())


def open_paste(chance: Random) -> list[Deed]:
    """Begin a paste and do not end it; or paste much, with anything in it."""
    begin, end = PASTE
    return chance.choice(
        [_sent(begin + b"never ended"), _sent(begin + chance.randbytes(50000) + end)]
    )


PERSON: Mapping[Kind, int] = {
    press: 40,
    hurry: 8,
    open_and_leave: 30,
    use_palette: 12,
    point: 12,
    resize: 5,
    paste: 2,
}
"""What somebody at a terminal may do, and how often."""

ANYTHING: Mapping[Kind, int] = {
    press: 10,
    open_and_leave: 10,
    use_palette: 3,
    noise: 6,
    other_encoding: 6,
    strange_sequence: 30,
    answer: 6,
    far_click: 6,
    open_paste: 1,
}
"""What else may come from a terminal, among some keys of a person's."""
