"""Whatever a terminal sends, and in whatever pieces: keys are keys, and the rest is left out."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

from pmv_tui.tui.keyboard import (
    MAX_PASTE,
    PASTE_PATIENCE,
    SEQUENCE_PATIENCE,
    Keyboard,
    TerminalAnswered,
)


class Typed:
    """A keyboard, and what it read."""

    def __init__(self, *data: bytes) -> None:
        self.strange: list[bytes] = []
        self.keyboard = Keyboard(self.strange.append)
        self.messages: list[Message] = []
        for each in data:
            self.messages += self.keyboard.read(each)

    def wait(self, silences: int = SEQUENCE_PATIENCE) -> "Typed":
        """Let nothing come for a while."""
        for _ in range(silences):
            self.messages += self.keyboard.nothing_came()
        return self

    @property
    def answers(self) -> list[str]:
        """What the terminal answered."""
        return [each.answer for each in self.messages if isinstance(each, TerminalAnswered)]

    @property
    def keys(self) -> list[str]:
        return keys(self.messages)

    @property
    def pasted(self) -> list[str]:
        return [each.text for each in self.messages if isinstance(each, events.Paste)]


def keys(messages: Iterable[Message]) -> list[str]:
    return [each.key for each in messages if isinstance(each, events.Key)]


def test_every_key_that_textual_knows_is_read_as_textual_does() -> None:
    for sequence in ANSI_SEQUENCES_KEYS:
        parser = XTermParser()
        if sequence[:1] == "\x1b" and sequence[1:] not in ("", "\x1b"):
            assert Typed(sequence.encode()).keys == keys(parser.feed(sequence)), repr(sequence)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"abc", ["a", "b", "c"]),
        ("é日".encode(), ["é", "日"]),
        (b"\x1b[A\x1b[1;5C\x1bOP", ["up", "ctrl+right", "f1"]),
        (b"\x1b[97u\x1b[97;5u\x1b[13u", ["a", "ctrl+a", "enter"]),
        (b"\x1b[[A\x1b[2$x", ["f1", "x"]),
    ],
)
def test_keys_are_read_in_whatever_pieces_they_come(data: bytes, expected: list[str]) -> None:
    assert Typed(data).keys == expected
    assert Typed(*(data[i : i + 1] for i in range(len(data)))).keys == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b[?1;2c",
        b"\x1b[0n",
        b"\x1b[?2048;1$y",
        b"\x1b[48;0;0;0;0t",
        b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
        b"\x1bP>|xterm(370)\x1b\\",
        b"\x1b]52;c;" + b"p" * 5000 + b"\x1b\\",
        b"\x1b[" + b"9;" * 100 + b"A",
        b"\x1b[M !!",
        b"\x1b[99999999999999999999u",
        b"\x1b[1114112u",
        b"\x1b[<0;99999999999;1M",
    ],
)
def test_what_is_no_key_does_nothing_and_keys_go_on(data: bytes) -> None:
    for typed in (Typed(data, b"a"), Typed(data[:7], data[7:], b"a")):
        assert typed.keys == ["a"]
        assert len(typed.messages) == 1 + len(typed.answers)


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b[?63;1;2;3;4;6;7;15;18;21;22;28;29;42;44c",
        b"\x1b[0n",
        b"\x1bP>|xterm(370)\x1b\\",
        b"\x1b[6;16;8t",
        b"\x1b[?2;0;1000;800S",
        b"\x1b_Gi=31;OK\x1b\\",
        b"\x1b]1337;ReportCellSize=16.0;8.0;2.0\x1b\\",
    ],
)
def test_an_answer_is_read_in_whatever_pieces_it_comes_and_is_no_key(data: bytes) -> None:
    for typed in (Typed(data, b"a"), Typed(*(data[i : i + 1] for i in range(len(data))), b"a")):
        assert typed.keys == ["a"]
        assert typed.answers == [data.decode()]


@pytest.mark.parametrize("begun", [b"\x1b[?12;", b"\x1b]11;rgb:", b"\x1bP>|rq"])
def test_a_sequence_that_another_cuts_off_is_no_keys(begun: bytes) -> None:
    assert Typed(begun + b"\x1b[A").keys == ["up"]
    assert Typed(begun, b"\x1b", b"[A").keys == ["up"]


def test_a_sequence_without_an_end_is_not_waited_for_for_ever() -> None:
    assert Typed(b"\x1b[12;", b"").wait().keys == []
    assert Typed(b"\x1b]11;").wait().messages == []
    assert Typed(b"\x1b").wait(1).keys == ["escape"]
    assert Typed(b"\x1b\x1b").wait(1).keys == ["escape", "escape"]
    assert Typed(b"\x1bP").wait(1).keys == ["alt+shift+p"]


def test_bytes_that_are_no_text_are_left_out_and_reported_once() -> None:
    typed = Typed(b"a\xe9", b"b\xff\xfec", b"d")
    assert typed.keys == ["a", "b", "c", "d"]
    assert typed.strange == [b"\xe9"]
    assert Typed(b"a\xe9").wait(1).strange == [b"\xe9"]


def test_a_paste_is_one_whatever_it_holds_and_however_it_comes() -> None:
    data = b"\x1b[200~tcp://\x1b[A\x00\xff\nlocalhost\x1b[201~p"
    for typed in (Typed(data), Typed(*(data[i : i + 1] for i in range(len(data))))):
        assert typed.pasted == ["tcp://[A\nlocalhost"]
        assert typed.keys == ["p"]


def test_a_paste_without_an_end_is_over_after_a_while() -> None:
    typed = Typed(b"\x1b[200~never ended").wait(PASTE_PATIENCE)
    assert typed.pasted == ["never ended"]
    typed.messages += typed.keyboard.read(b"p\x1b[201~q")
    assert typed.keys == ["p", "q"]


def test_keys_typed_meanwhile_do_not_keep_a_paste_open() -> None:
    typed = Typed(b"\x1b[200~never ended")
    for _ in range(PASTE_PATIENCE):
        typed.messages += typed.keyboard.read(b"?")
        typed.wait(1)
    assert len(typed.pasted) == 1
    assert Typed(b"\x1b[200~", b"x" * 99).wait(20).pasted == []


def test_a_huge_paste_is_cut() -> None:
    typed = Typed(b"\x1b[200~", *[b"x" * 2**18] * 5, b"\x1b[201~")
    assert [len(text) for text in typed.pasted] == [MAX_PASTE]


@given(st.lists(st.binary() | st.sampled_from([b"\x1b", b"\x1b[", b"\x1b]", b"\x1b[200~"])))
@example([b"\x1b[48;0;0;0;0t", b"\x1b[<0;5;5M"])
def test_after_any_bytes_and_a_silence_keys_are_read(data: list[bytes]) -> None:
    typed = Typed(*data).wait(PASTE_PATIENCE)
    typed.messages.clear()
    typed.messages += typed.keyboard.read(b"a")
    assert typed.keys[-1:] == ["a"]
    assert Keys.Ignore not in typed.keys
