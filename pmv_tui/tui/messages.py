"""What the link to the engine tells the app."""

from textual.message import Message

from pmv_tui.control.messages import Event, Snapshot


class SnapshotArrived(Message):
    """The engine described the rig."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Let a newer snapshot take the place of one that is not handled yet."""
        return isinstance(message, SnapshotArrived)


class EventsArrived(Message):
    """The engine told events, oldest first."""

    def __init__(self, events: list[Event]) -> None:
        super().__init__()
        self.events = events


class EngineSilent(Message):
    """No snapshot came.

    Parameters
    ----------
    reason : what the engine does instead, after the words "the engine".
    """

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class NoTextTyped(Message):
    """The terminal sent bytes that are no UTF-8, the first ones of this run."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data
