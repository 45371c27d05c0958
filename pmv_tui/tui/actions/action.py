"""An action of a screen: what a key does, and all that is told of it."""

from dataclasses import dataclass, field

from textual.binding import Binding

ON_SCREEN: tuple[str, ...] = ()
"""Of an action that is a matter of the screen alone: no command does the same."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does.

    Parameters
    ----------
    id : names it in a key map, which may give it other keys.
    keys : as Textual names them, separated by commas.
    label : what the footer and the palette call it.
    help : a sentence.
    method : of the screen, with its arguments, as Textual calls it.
    shown_keys : the keys as people read them.
    commands : what does the same from a script, after `pmv-tui`.
    synonyms : further words by which the palette finds it.
    footer : whether the footer lists it before others; it shows the first of a registry, as many as
        fit, and the last two, which are the help and the way back.
    palette : whether the palette lists it.
    priority : whether it comes before the next key is looked at: what is typed fast arrives at
        once over a slow line, and must go where this key leads.
    """

    id: str
    keys: str
    label: str
    help: str
    method: str
    shown_keys: str
    commands: tuple[str, ...] = field(kw_only=True)
    synonyms: str = ""
    footer: bool = True
    palette: bool = True
    priority: bool = False

    @property
    def binding(self) -> Binding:
        """The keys, for Textual."""
        return Binding(
            self.keys,
            self.method,
            self.label,
            id=self.id,
            tooltip=self.help,
            show=self.footer or self.palette,
            priority=self.priority,
            key_display=self.shown_keys.split(" or ")[0] if self.footer or self.palette else None,
        )
