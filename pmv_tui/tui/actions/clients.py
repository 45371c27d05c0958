"""The actions of the list of a camera's clients."""

from pmv_tui.tui.actions.action import ON_SCREEN, Action
from pmv_tui.tui.actions.everywhere import CURSOR, HELP, SCROLL

CLIENTS_ACTIONS = (
    HELP,
    Action(
        "clients-back",
        "c,q,escape,left",
        "back",
        "Go back.",
        "dismiss(None)",
        "q or c or esc or left",
        commands=ON_SCREEN,
        palette=False,
    ),
    *CURSOR,
    *SCROLL,
)
"""Of the list of clients."""
