"""What the keys of a window do, in one place: the list that it shows is made of it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pmv_tui.windows.window import CameraWindow

Act = Callable[["CameraWindow"], None]

CLOSING = {"q", "Escape"}
"""Names of the keys that close it, as X has them."""


class Keys(NamedTuple):
    """Keys of one kind.

    Parameters
    ----------
    shown, help : as people read them, and what they do.
    acts : by the names that X has for them.
    """

    shown: str
    help: str
    acts: Mapping[str, Act]


def _each(act: Act, *names: str) -> dict[str, Act]:
    return dict.fromkeys(names, act)


KEYS = (
    Keys(
        "+ - wheel",
        "larger, smaller",
        {
            **_each(lambda window: window.zoom(1), "plus", "equal", "KP_Add"),
            **_each(lambda window: window.zoom(-1), "minus", "KP_Subtract"),
        },
    ),
    Keys("0", "all of the image", _each(lambda window: window.fit(), "0", "KP_0", "KP_Insert")),
    Keys(
        "arrows hjkl drag",
        "move",
        {
            **_each(lambda window: window.step(-1, 0), "Left", "h", "KP_Left"),
            **_each(lambda window: window.step(0, 1), "Down", "j", "KP_Down"),
            **_each(lambda window: window.step(0, -1), "Up", "k", "KP_Up"),
            **_each(lambda window: window.step(1, 0), "Right", "l", "KP_Right"),
        },
    ),
    Keys("i", "more of the image; figures", _each(lambda window: window.aids.next_details(), "i")),
    Keys("b", "forget the best sharpness", _each(lambda window: window.aids.forget_best(), "b")),
    Keys("s", "mark saturated pixels", _each(lambda window: window.aids.toggle("marking"), "s")),
    Keys("C", "stretch contrast", _each(lambda window: window.aids.toggle("stretching"), "C")),
    Keys("f z", "full screen", _each(lambda window: window.toggle_full_screen(), "f", "z", "F11")),
    Keys("?", "these keys", _each(lambda window: window.aids.toggle("keys"), "question", "F1")),
    Keys("q escape", "close the window", {}),
)

ACTS = {name: act for keys in KEYS for name, act in keys.acts.items()}

HELP = [f"{keys.shown}: {keys.help}" for keys in KEYS]
