"""The features of a Basler camera, as pylon reaches them. Needs pypylon."""

from typing import Any

from pypylon import genicam

from pmv_tui.cameras.genicam import Range


class BaslerFeatures:
    """See `Features`.

    Parameters
    ----------
    nodes : the open camera's node map.
    """

    def __init__(self, nodes: Any) -> None:
        self._nodes = nodes

    def has(self, name: str) -> bool:
        """Tell whether it is there and in use. See `Features.has`."""
        return self._find(name) is not None

    def writable(self, name: str) -> bool:
        """Tell whether it can be set now. See `Features.writable`."""
        return bool(genicam.IsWritable(self._nodes.GetNode(name)))

    def get(self, name: str) -> Any:
        """Give its value. See `Features.get`."""
        return self._nodes.GetNode(name).GetValue()

    def set(self, name: str, value: Any) -> None:
        """Set it. See `Features.set`."""
        self._nodes.GetNode(name).SetValue(value)

    def range(self, name: str) -> Range:
        """Give what it may be now. See `Features.range`."""
        node = self._nodes.GetNode(name)
        stepped = isinstance(node, genicam.IInteger) or node.HasInc()
        return Range(node.GetMin(), node.GetMax(), node.GetInc() if stepped else None)

    def choices(self, name: str) -> list[str]:
        """List what may be chosen now. See `Features.choices`."""
        node = self._nodes.GetNode(name)
        return [
            entry
            for entry in node.GetSymbolics()
            if genicam.IsAvailable(node.GetEntryByName(entry))
        ]

    def _find(self, name: str) -> Any | None:
        try:
            node = self._nodes.GetNode(name)
        except genicam.LogicalErrorException:  # how some versions say that there is none
            return None
        return node if genicam.IsAvailable(node) else None
