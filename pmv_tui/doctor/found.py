"""The search for cameras, in a process of its own: an SDK may hang in it, or crash it."""

import json
import signal
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any

from pmv_tui.doctor.child import Silent, run_child


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for cameras gave.

    Parameters
    ----------
    backends : a map for each back end, as `pmv-tui cameras --json` prints it.
    failure : why there is no result; empty where there is one.
    """

    backends: tuple[dict[str, Any], ...] = ()
    failure: str = ""

    @property
    def links(self) -> dict[str, str]:
        """The link of each camera that was found, by its unique_id; empty where it is not known."""
        return {
            camera["unique_id"]: camera["link"]
            for backend in self.backends
            for camera in backend["cameras"]
        }


def start_search(seconds: float) -> "Future[Search]":
    """Start to search; it takes `seconds` at most."""
    future: Future[Search] = Future()
    Thread(target=lambda: future.set_result(_search(seconds)), daemon=True).start()
    return future


def _search(seconds: float) -> Search:
    try:
        status, said = run_child(["pmv_tui", "cameras", "--json"], seconds)
    except Silent as silent:
        return Search(failure=str(silent))
    except OSError as trouble:
        return Search(failure=f"it could not be started: {trouble.strerror}")
    if status < 0:
        return Search(failure=f"an SDK ended it by signal {-status} ({signal.strsignal(-status)})")
    try:
        return Search(tuple(json.loads(said)))
    except ValueError:
        return Search(failure=f"it ended with code {status}")
