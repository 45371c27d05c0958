"""The base of screens and dialogs: it has a registry of actions, and its help is made from it."""

from typing import ClassVar

from textual.screen import ScreenResultType
from textual.widgets import Static

from pmv_tui.tui.actions.action import Action
from pmv_tui.tui.help_topics import Topic
from pmv_tui.tui.key_map import key_name, split
from pmv_tui.tui.screens.left_once import LeftOnce
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text import plain


class ExplainedScreen(LeftOnce[ScreenResultType]):
    """A screen whose keys are known.

    Attributes
    ----------
    registry : the screen's actions; its bindings are made from them, and so are palette and help.
    help_topics : what its help explains besides the keys.
    """

    registry: ClassVar[tuple[Action, ...]]
    help_topics: ClassVar[tuple[Topic, ...]] = ()

    async def run_from_palette(self, action: Action) -> None:
        """Do what was chosen in the palette, unless this screen is left by now."""
        if self.is_active:
            await self.run_action(action.method)

    def show_trouble(self, state: RigState) -> None:
        """Say in the banner what is wrong with the engine, as long as it is."""
        banner, trouble = self.query_one("#trouble", Static), plain(state.trouble)
        if banner.display != bool(trouble) or banner.content != trouble:
            banner.update(trouble)
            banner.display = bool(trouble)

    def key_of(self, action: Action) -> str:
        """Give the first key that an action has now, as people read it."""
        active = self.active_bindings.items()
        keys = [key for key, one in active if one.binding.id == action.id]
        return key_name(keys[0] if keys else split(action.keys)[0])
