"""What clients said of one camera's image: the newest box, and what could not be read."""

from pmv_tui.protocol import Box, MessageError, parse_overlay

BOX_LIFETIME = 1.0
"""Seconds after the last message at which a box is deleted."""


class Overlays:
    """The newest box of one camera, with an expiry. Written by the receiver's thread only."""

    def __init__(self) -> None:
        self._newest: tuple[Box, int] | None = None
        self.boxes = 0
        self.malformed = 0
        self.malformed_reason = ""

    def take(self, parts: list[bytes], now: int) -> None:
        """Read one message; `now` is monotonic, ns."""
        if len(parts) != 1:
            self._refuse(f"{len(parts)} parts; a box is one part")
            return
        try:
            self._newest = parse_overlay(parts[0]), now
        except MessageError as error:
            self._refuse(str(error))
        else:
            self.boxes += 1

    def _refuse(self, reason: str) -> None:
        self.malformed += 1
        self.malformed_reason = reason

    def box(self, now: int) -> Box | None:
        """Give the newest box unless it has expired; `now` is monotonic, ns."""
        if self._newest is None:
            return None
        box, received = self._newest
        return box if now - received <= BOX_LIFETIME * 1e9 else None

    def clear(self) -> None:
        """Delete the box: the camera was unplugged."""
        self._newest = None
