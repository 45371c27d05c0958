"""Which events of the log are shown: of one camera, the serious ones, those with a text."""

from collections.abc import Mapping
from dataclasses import dataclass

from pmv_tui.control.messages import Event
from pmv_tui.tui.text import plain


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What an event must have to be shown; all of it.

    Parameters
    ----------
    camera : unique_id; empty for every camera and the rig as a whole.
    troubles_only : whether only warnings and errors are.
    text : stands in the event's text or its camera's name; small and capital letters are the same.
    """

    camera: str = ""
    troubles_only: bool = False
    text: str = ""

    def matches(self, event: Event, names: Mapping[str, str]) -> bool:
        """Tell whether an event is shown; `names` has each camera's name by its unique_id."""
        if self.camera and event["camera"] != self.camera:
            return False
        if self.troubles_only and event["level"] == "info":
            return False
        if not self.text:
            return True
        name = names.get(event["camera"], event["camera"])
        return self.text.casefold() in f"{plain(name)} {plain(event['text'])}".casefold()

    def words(self, names: Mapping[str, str]) -> str:
        """Say what is shown."""
        parts = [plain(names.get(self.camera, self.camera)) or "all cameras"]
        if self.troubles_only:
            parts.append("warnings and errors")
        if self.text:
            parts.append(f"/{plain(self.text)}")
        return ", ".join(parts)
