"""The base of screens and dialogs: it has a registry of actions, and its help is made from it."""

from typing import ClassVar

from textual.screen import ScreenResultType

from pmv_tui.tui.actions.action import Action
from pmv_tui.tui.help_topics import Topic
from pmv_tui.tui.key_map import key_name, split
from pmv_tui.tui.screens.left_once import LeftOnce


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

    def key_of(self, action: Action) -> str:
        """Give the first key that an action has now, as people read it."""
        active = self.active_bindings.items()
        keys = [key for key, one in active if one.binding.id == action.id]
        return key_name(keys[0] if keys else split(action.keys)[0])
