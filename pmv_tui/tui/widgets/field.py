"""A field to type into that keeps to the order in which keys were typed."""

from textual import events
from textual.actions import SkipAction
from textual.widgets import Input


class Field(Input):
    """Does what a key asks for before it looks at the next one.

    Textual's own inserts a letter at once, and carries out backspace, arrows and enter only when
    they have bubbled up to the app: of what is typed fast, and arrives at once over a slow line,
    `35`, backspace, `0`, enter would be saved as 35.
    """

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            try:
                await self.run_action(binding.action)
            except SkipAction:
                continue
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)
