"""Which theme suits the terminal's colours."""

from textual.theme import BUILTIN_THEMES

FEW = {None, "standard"}
"""Rich's names for no colours and for 16: a theme rounded to these cannot be read."""


def first_known(names: str) -> str:
    """Return the first of several themes, with commas between, that there is; empty: none is."""
    return next((name for each in names.split(",") if (name := each.strip()) in BUILTIN_THEMES), "")


def suitable_theme(wanted: str, color_system: str | None, *, no_color: bool) -> str:
    """Choose a theme; where colours are few, one that is made of the terminal's own.

    Parameters
    ----------
    wanted : a theme's name.
    color_system : what the terminal has, as Rich calls it.
    no_color : whether the person wants none.
    """
    theme = BUILTIN_THEMES[wanted]
    if theme.ansi or not (no_color or color_system in FEW):
        return wanted
    return "ansi-dark" if theme.dark else "ansi-light"
