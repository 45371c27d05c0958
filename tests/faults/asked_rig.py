"""A rig that is asked on its control socket: often, and without a process each time."""

from typing import Any

from pmv_tui.wire.status import CameraStatus, Snapshot
from tests.support import DEADLINE, RigOnDisk, wait_for


class AskedRig(RigOnDisk):
    """A rig on disk; everything here needs its engine to run."""

    def answer(self, command: str, **arguments: Any) -> str:
        """Have one camera do something; return the text of the answer."""
        (result,) = self.ask(command, **arguments)["results"]
        return result["text"]

    def snapshot(self) -> Snapshot:
        """Ask for the whole rig."""
        return self.ask("snapshot")["snapshot"]

    def now(self, name: str) -> CameraStatus:
        """Ask for one camera."""
        return next(camera for camera in self.snapshot()["cameras"] if camera["name"] == name)

    def shown(self, name: str, *words: str, seconds: float = DEADLINE) -> str:
        """Wait until a camera's state and its reason have all the words; give them."""

        def look() -> str:
            camera = self.now(name)
            text = f"{camera['state']}: {camera['reason']}"
            return text if all(word in text for word in words) else ""

        return wait_for(look, f"{name} to show {words}", seconds)

    def event(self, since: int, *words: str) -> str:
        """Wait for an event with all the words, newer than the id `since`; give its text."""

        def look() -> str:
            texts = [event["text"] for event in self.ask("events", since=since)["events"]]
            return next((text for text in texts if all(word in text for word in words)), "")

        return wait_for(look, f"an event with {words}")

    def last_event(self) -> int:
        """Return the id of the newest event."""
        return self.snapshot()["engine"]["last_event"]
