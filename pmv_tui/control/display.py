"""The display on which whoever asks for a window wants it: that of their own environment."""

import os


def display_here() -> dict[str, str]:
    """Give the arguments of the command `window` that name it; empty where there is none."""
    return {
        "display": os.environ.get("DISPLAY", ""),
        "xauthority": os.environ.get("XAUTHORITY", ""),
    }
