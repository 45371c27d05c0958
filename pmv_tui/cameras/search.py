"""Searches for cameras with each back end in a process of its own: an SDK may die or hang there."""

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmv_tui.cameras.base import BackendUnavailable, FoundCamera
from pmv_tui.cameras.registry import SearchResult, backend_names
from pmv_tui.config.schema import CameraConfig
from pmv_tui.system import run_child

log = logging.getLogger(__name__)

SECONDS = 60
"""In which a search must end. It takes a second or two, but twenty where twenty programs share two
processors: who is late must not be taken for one that hangs."""

SECONDS_ALONE = 20
"""In which a search with one producer alone must end."""

BACKGROUND = 10
"""Niceness of a search beside capture."""

GRACE = 5.0
"""Seconds from the child's own end of a search that hangs to its being killed."""

SEARCHED_AGAIN = 60.0
"""Seconds after which a back end that died in a search may be tried again to open a camera."""

HARMLESS = "simulated"
"""Loads nothing and finds nothing: needs no process."""

PRODUCERS = "GENICAM_GENTL64_PATH"
"""The variable that names, with colons between them, the folders of GenTL producers: other makers'
drivers, which an SDK loads. The standard's: "GenICam GenTL", 4.2."""

_PLACE = re.compile(r'^  File "([^"]+)", line \d+', re.MULTILINE)
"""The innermost Python file, in what `faulthandler` writes at a process's end."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the last search with a back end gave, and when it ended, monotonic, s."""

    result: SearchResult
    at: float


@dataclass(frozen=True, slots=True)
class _Terms:
    """Seconds in which a search must end, and how far its process gives way to others."""

    seconds: int
    niceness: int

    def alone(self) -> "_Terms":
        """Return the terms of a search with one producer alone."""
        return _Terms(min(self.seconds, SECONDS_ALONE), self.niceness)


class Searches:
    """Runs searches, and remembers which back ends outlived their last one.

    May be used from any thread. Two searches with one back end are never under way at once: who
    asks for a second gets the first one's result.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._under_way: dict[str, Future[SearchResult]] = {}
        self._children: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def search(self, seconds: int = SECONDS) -> list[SearchResult]:
        """Search with every back end at once; the trouble of one hides nothing of the others.

        Parameters
        ----------
        seconds : in which each must end.
        """
        futures = [self._start(name, seconds) for name in backend_names()]
        return [future.result() for future in futures]

    def search_in_turn(self) -> list[SearchResult]:
        """Search with one back end after the other, and give way to whatever else wants to run.

        This is for a process that captures meanwhile.
        """
        return [self._start(name, SECONDS, BACKGROUND).result() for name in backend_names()]

    @property
    def under_way(self) -> list[str]:
        """The back ends that are searched now."""
        with self._lock:
            return list(self._under_way)

    def require(self, config: CameraConfig) -> None:
        """Check that a camera's back end has outlived a search before this process loads its SDK.

        Raises
        ------
        BackendUnavailable : it died in the last one, or hung.
        """
        # A picture or a video as a scene takes the opencv back end's library.
        scene = config.backend == HARMLESS and config.source is not None
        name = "opencv" if scene else config.backend
        if name not in backend_names():
            return
        with self._lock:
            known = self._known.get(name)
        stale = known is not None and time.monotonic() - known.at > SEARCHED_AGAIN
        if known is None or (known.result.died and stale):
            result = self._start(name, SECONDS).result()
        else:
            result = known.result
        if result.died and result.trouble is not None:
            raise result.trouble

    def stop(self) -> None:
        """End what is under way, and start nothing any more."""
        with self._lock:
            self._stopped = True
            for child in self._children:
                child.kill()

    def _start(self, name: str, seconds: int, niceness: int = 0) -> "Future[SearchResult]":
        with self._lock:
            future = self._under_way.get(name)
            if future is not None:
                return future
            future = self._under_way[name] = Future()
        run = threading.Thread(
            target=self._run,
            args=(name, _Terms(seconds, niceness), future),
            name=f"search {name}",
            daemon=True,
        )
        run.start()
        return future

    def _run(self, name: str, terms: _Terms, future: "Future[SearchResult]") -> None:
        try:
            result = self._search_with(name, terms)
        except Exception as error:  # whoever waits for it must not wait for ever
            log.exception("%s: the search for cameras failed", name)
            why = f"the search failed: {type(error).__name__}: {error}"
            result = SearchResult(name, trouble=BackendUnavailable(why))
        with self._lock:
            self._known[name] = _Known(result, time.monotonic())
            del self._under_way[name]
        future.set_result(result)

    def _search_with(self, name: str, terms: _Terms) -> SearchResult:
        """Search with one back end; producers that end its process are left out from now on."""
        if name == HARMLESS:
            return SearchResult(name)
        result = self._try(name, terms, os.environ)
        if not result.died:
            return result
        listed = _producers(os.environ)
        with _each_alone(listed) as environments:
            alone = {
                file: self._try(name, terms.alone(), environment)
                for file, environment in environments.items()
            }
        guilty = {file: one for file, one in alone.items() if one.died}
        if not guilty:
            return result
        rest = _without(os.environ, guilty)
        result = self._try(name, terms, rest)
        if not result.died:
            # This process may load the SDK too, to open a camera.
            os.environ[PRODUCERS] = rest[PRODUCERS]
        return _with_remark(result, guilty)

    def _try(self, name: str, terms: _Terms, environment: Mapping[str, str]) -> SearchResult:
        """Search in a process; how it ended, and where, is the result's trouble."""
        numbers = os.getpid(), terms.seconds, terms.niceness
        module = ["pmv_tui.cameras.trial", name, *map(str, numbers)]
        seconds = terms.seconds
        try:
            ended = run_child(module, seconds + GRACE, environment, self._started)
        except subprocess.TimeoutExpired:
            return _died(name, f"gave no answer within {seconds:g} s", "")
        except OSError as error:
            why = f"the search for cameras could not be started: {error.strerror}"
            return SearchResult(name, trouble=BackendUnavailable(why))
        finally:
            self._forget_ended()
        if ended.stdout:
            return _read(name, ended.stdout)
        if "Timeout (" in ended.stderr:
            return _died(name, f"gave no answer within {seconds:g} s", ended.stderr)
        if ended.returncode < 0:
            about = f"{-ended.returncode} ({signal.strsignal(-ended.returncode)})"
            return _died(name, f"was ended by signal {about}", ended.stderr)
        return _died(name, f"ended with code {ended.returncode}", ended.stderr)

    def _started(self, child: "subprocess.Popen[str]") -> None:
        with self._lock:
            self._children.add(child)
            if self._stopped:
                child.kill()

    def _forget_ended(self) -> None:
        with self._lock:
            self._children = {child for child in self._children if child.poll() is None}


searches = Searches()
"""Of this process: what one search has found out holds for every camera that is opened."""


def as_map(result: SearchResult) -> dict[str, Any]:
    """Return what a search with a back end gave as `pmv-tui cameras --json` prints it."""
    trouble = result.trouble
    return {
        "backend": result.backend,
        "available": trouble is None,
        "reason": trouble.reason if trouble else result.remark,
        "remedy": trouble.remedy if trouble else "",
        "died": result.died,
        "cameras": [
            {
                "unique_id": camera.unique_id,
                "description": camera.description,
                "link": camera.link,
                "names": list(camera.names),
            }
            for camera in result.cameras
        ],
    }


def _read(name: str, said: str) -> SearchResult:
    """Read what a search's process wrote: the same map, and lines for the log."""
    answer = json.loads(said)
    for line in answer["logged"]:
        log.warning("%s", line)
    cameras = tuple(
        FoundCamera(**camera | {"names": tuple(camera["names"])}) for camera in answer["cameras"]
    )
    if answer["available"]:
        return SearchResult(name, cameras, remark=answer["reason"])
    return SearchResult(name, cameras, BackendUnavailable(answer["reason"], answer["remedy"]))


def _died(name: str, how: str, errors: str) -> SearchResult:
    """Say that a back end's search ended its process, and in which file."""
    place = _PLACE.search(errors)
    where = f" in {place[1]}" if place else ""
    trouble = BackendUnavailable(
        f"the search for {name} cameras {how}{where}, so they are not opened",
        "update, repair or remove that library, then: pmv-tui rescan",
    )
    return SearchResult(name, trouble=trouble, died=True)


def _with_remark(result: SearchResult, guilty: Mapping[str, SearchResult]) -> SearchResult:
    files = ", ".join(guilty)
    remark = f"left out of {PRODUCERS}, as it ends or holds up the search: {files}"
    return SearchResult(result.backend, result.cameras, result.trouble, remark, result.died)


def _producers(environment: Mapping[str, str]) -> list[Path]:
    """List the producers of an environment: files whose names end in `.cti`."""
    return [
        file
        for folder in _producer_folders(environment)
        for file in sorted(Path(folder).glob("*.cti"))
    ]


def _without(environment: Mapping[str, str], files: Container[str]) -> dict[str, str]:
    """Return an environment without the folders in which any of these files lies."""
    kept = [
        folder
        for folder in _producer_folders(environment)
        if not any(str(file) in files for file in Path(folder).glob("*.cti"))
    ]
    return {**environment, PRODUCERS: os.pathsep.join(kept)}


@contextmanager
def _each_alone(files: Iterable[Path]) -> Iterator[dict[str, dict[str, str]]]:
    """Make an environment for each producer in which there is no other, while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="pmv-tui-") as folder:
        environments = {}
        for number, file in enumerate(files):
            alone = Path(folder) / str(number)
            alone.mkdir()
            # pylon takes no links; the libraries that lie beside the file are found all the same.
            shutil.copy(file, alone)
            beside = [str(file.parent), os.environ.get("LD_LIBRARY_PATH", "")]
            environments[str(file)] = {
                **os.environ,
                PRODUCERS: str(alone),
                "LD_LIBRARY_PATH": os.pathsep.join(filter(None, beside)),
            }
        yield environments


def _producer_folders(environment: Mapping[str, str]) -> list[str]:
    return [folder for folder in environment.get(PRODUCERS, "").split(os.pathsep) if folder]
