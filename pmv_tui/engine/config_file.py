"""The rig's config file while the engine runs: saved where a disk that hangs holds nothing up."""

from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from pmv_tui.config.load import LoadedConfig, load_config
from pmv_tui.config.locate import ConfigError
from pmv_tui.config.save import PlannedChange, SaveError, plan_change
from pmv_tui.config.toml_text import Value, read_text
from pmv_tui.engine.errands import DISK_LIMIT, Errand, Overdue, Steps, silent_disk
from pmv_tui.threads import InOrder, Renewed

LOOK_PERIOD = 1.0
"""Seconds between two looks at whether somebody else changed the file."""

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change whose new file stands beside the old one, until `commit`, which raises SaveError."""

    after: LoadedConfig
    commit: Callable[[], Steps[LoadedConfig]]


class ConfigFile:
    """Saves changes one after another, in a thread of its own.

    Attributes
    ----------
    loaded : as it was read or saved last; set by that thread.
    changed : whether the file says something else now, as `look` found; set by that thread.
    """

    def __init__(self, loaded: LoadedConfig) -> None:
        self.loaded = loaded
        self.changed = False
        self._disk = InOrder("config file")
        self._looks = Renewed(self._compare, self._disk.submit)
        self._look_at = 0.0
        self._seen: tuple[int, ...] | None = None

    @asynccontextmanager
    async def prepared(
        self, unique_id: str, changes: Mapping[str, Value]
    ) -> AsyncIterator[Prepared]:
        """Write the new file for a change of one camera beside the old one. See `plan_change`.

        Raises
        ------
        SaveError : it cannot be saved, or the disk does not answer in time.
        """
        given_up = Event()
        with_new_file = ExitStack()

        def prepare() -> tuple[PlannedChange, Callable[[], LoadedConfig]]:
            plan = plan_change(self.loaded, unique_id, changes)
            return plan, with_new_file.enter_context(plan.prepared())

        def commit() -> LoadedConfig:
            # Another change that was saved meanwhile is to stay.
            _, put_newest = (plan, put) if plan.before is self.loaded else prepare()
            if given_up.is_set():
                raise SaveError(f"{self.loaded.path} was not saved: its disk took too long")
            self.loaded = put_newest()
            return self.loaded

        try:
            plan, put = await self._within_limit(prepare, given_up)
            yield Prepared(plan.after, lambda: self._within_limit(commit, given_up))
        finally:
            self._disk.submit(with_new_file.close)

    def look(self, now: float) -> None:
        """Have it looked, now and then, whether the file was changed; `now` is monotonic, s."""
        if now >= self._look_at:
            self._look_at = now + LOOK_PERIOD
            self._looks.renew()

    def _compare(self) -> None:
        """Compare the file with what was read; only where its time, size or place differ."""
        seen: tuple[int, ...] = ()
        with suppress(OSError):
            now = self.loaded.path.stat()
            seen = (now.st_mtime_ns, now.st_size, now.st_ino, now.st_dev)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.changed = read_text(self.loaded.path) != self.loaded.text
        except ConfigError:
            self.changed = True  # A reload says what is wrong with it.

    async def read_again(self) -> LoadedConfig:
        """Read the file as it is now; `loaded` is that from then on.

        Raises
        ------
        ConfigError : it has mistakes, or cannot be read: what was loaded stays.
        SaveError : the disk does not answer.
        """

        def read() -> LoadedConfig:
            self.loaded = load_config(self.loaded.path)
            self.changed, self._seen = False, None
            return self.loaded

        return await self._within_limit(read, Event())

    async def _within_limit(self, act: Callable[[], Done], given_up: Event) -> Done:
        under_way: Future[Done] = self._disk.submit(act)
        try:
            done: Done = await Errand(under_way, DISK_LIMIT)
        except Overdue:
            given_up.set()
            raise SaveError(silent_disk(self.loaded.path)) from None
        return done
