"""The search for cameras, under way while the checks run."""

from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any

from pmv_tui.cameras.search import as_map, searches


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for cameras gave.

    Parameters
    ----------
    backends : a map for each back end, as `pmv-tui cameras --json` prints it.
    """

    backends: tuple[dict[str, Any], ...] = ()

    @property
    def links(self) -> dict[str, str]:
        """The link of each camera that was found, by its unique_id; empty where it is not known."""
        return {
            camera["unique_id"]: camera["link"]
            for backend in self.backends
            for camera in backend["cameras"]
        }


def start_search(seconds: int) -> "Future[Search]":
    """Start to search; it takes `seconds` at most."""
    future: Future[Search] = Future()
    Thread(target=lambda: future.set_result(_search(seconds)), daemon=True).start()
    return future


def _search(seconds: int) -> Search:
    return Search(tuple(map(as_map, searches.search(seconds))))
