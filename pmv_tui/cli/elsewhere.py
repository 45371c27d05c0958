"""`--rig`: runs a command on other rigs, side by side: over there, and what it printed is shown."""

import argparse
import csv
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.grammar import (
    DONE,
    NOT_DONE,
    WRONG,
    CommandFailed,
    complain,
    put,
    rigs_of,
    said_of,
    say,
)
from pmv_tui.cli.rig import from_disk

if TYPE_CHECKING:
    import asyncio

    from pmv_tui.rigs.listed import ListedRig
    from pmv_tui.rigs.process import Finished
    from pmv_tui.rigs.ssh import Hosts

AT_ONCE = 16
"""Rigs that are asked at the same time."""

PATIENCE = 3.0
"""Seconds in which rigs are shown in their order; after that, as each is done."""

LONGEST = 45.0
"""Seconds that a command may take on a rig, with the log-in, unless it is known to take longer."""

MOST = 8_000_000
"""Bytes that a rig may answer; read as JSON they take some twenty times as many here. An hour's
history of 20 cameras has as many."""


LONGEST_ERROR = 4000
"""Characters of what a command says on stderr."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command on a rig.

    Parameters
    ----------
    code : its exit code; None where the rig was not reached, or did not answer.
    output : what it printed; decoded where that is JSON.
    error : what it said on stderr, or why there is no answer.
    """

    rig: "ListedRig"
    code: int | None
    output: Any
    error: str

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.code == DONE

    def as_map(self) -> dict[str, Any]:
        """Return it for --json."""
        return {"ok": self.ok, "code": self.code, "output": self.output, "error": self.error}


Show = Callable[[Outcome], bool]
"""Shows what came of it to people; returns whether it was done, and all of it shown."""

Task = Callable[["Hosts", "ListedRig"], Awaitable[Outcome]]
"""What is done for a rig; a `HostTrouble` that it raises is what comes of it."""


def run_there(options: argparse.Namespace, words: list[str]) -> int:
    """Run a command on each rig, and show what it printed under the rig's name."""
    limit = LONGEST + options.longest + 2 * getattr(options, "seconds", 0.0)

    async def run(hosts: "Hosts", rig: "ListedRig") -> Outcome:
        done = await call(hosts, rig, words, limit)
        output: Any = done.stdout.decode(errors="replace")
        if _wants_json(options):
            output = decoded(output) if output or done.code == DONE else None
        return Outcome(rig, done.code, output, said(done))

    shown = _shown_as_table() if getattr(options, "csv", False) else _show
    return on_each(options, run, shown)


def _wants_json(options: argparse.Namespace) -> bool:
    return bool(getattr(options, "json", False))


def rigs_named(options: argparse.Namespace) -> "list[ListedRig]":
    """Return the rigs of --rig."""
    if getattr(options, "config", None):
        raise CommandFailed(
            "a rig of --rig has its own config file: --rig HOST:CONFIG, or config in rigs.toml; "
            "leave --config out",
            WRONG,
        )
    return rigs_meant(rigs_of(options))


def rigs_meant(words: list[str]) -> "list[ListedRig]":
    """Return the rigs that words mean, as those of --rig."""
    from pmv_tui.config.locate import ConfigError
    from pmv_tui.rigs.listed import NoSuchRig, chosen_rigs

    with said_of(ConfigError, NoSuchRig, code=WRONG):
        return from_disk(lambda: chosen_rigs(words), "rigs.toml")


def on_each(options: argparse.Namespace, task: Task, shown: Show) -> int:
    """Do something for each rig of --rig at the same time; show what came of each.

    Parameters
    ----------
    shown : shows one. With --json all are printed at the end.
    """
    by_json = _wants_json(options)
    outcomes = collect(rigs_named(options), task, (lambda _: True) if by_json else shown)
    if by_json:
        put(f"{json.dumps(as_map(outcomes), indent=2)}\n")
    return DONE if all(each.ok and done for each, done in outcomes) else NOT_DONE


def collect(rigs: "Sequence[ListedRig]", task: Task, shown: Show) -> list[tuple[Outcome, bool]]:
    """Do something for each rig at the same time; return what came of each, and was shown of it."""
    import asyncio

    async def outcomes() -> list[tuple[Outcome, bool]]:
        done = {each.rig: (each, shown(each)) async for each in _outcomes(rigs, task)}
        return [done[rig] for rig in rigs]

    return asyncio.run(outcomes())


def as_map(outcomes: Sequence[tuple[Outcome, bool]]) -> dict[str, Any]:
    """Return what came of each rig, by its name, for --json."""
    return {each.rig.name: each.as_map() for each, _ in outcomes}


async def _outcomes(rigs: "Sequence[ListedRig]", task: Task) -> AsyncIterator[Outcome]:
    """Yield what came of each: in their order, and from a while on as each is done."""
    import asyncio

    from pmv_tui.rigs.ssh import Hosts

    hosts, turns = Hosts(), asyncio.Semaphore(AT_ONCE)
    waiting = [asyncio.create_task(_done(hosts, rig, task, turns)) for rig in rigs]
    late = time.monotonic() + PATIENCE
    try:
        while waiting:
            left = late - time.monotonic()
            first = waiting[:1] if left > 0 else waiting
            await asyncio.wait(
                first,
                timeout=left if left > 0 else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for each in [each for each in first if each.done()]:
                waiting.remove(each)
                yield each.result()
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await hosts.close()


async def _done(
    hosts: "Hosts", rig: "ListedRig", task: Task, turns: "asyncio.Semaphore"
) -> Outcome:
    from pmv_tui.rigs.trouble import HostTrouble

    async with turns:
        try:
            return await task(hosts, rig)
        except HostTrouble as trouble:
            return Outcome(rig, None, None, str(trouble))
        except CommandFailed as failure:
            return Outcome(rig, failure.code, None, str(failure))
        except BrokenPipeError:
            raise  # nobody reads what any rig prints
        except OSError as error:  # of this machine: no more open files, say
            return Outcome(rig, None, None, f"{error.strerror}; see what else runs here")


async def call(
    hosts: "Hosts",
    rig: "ListedRig",
    words: list[str],
    limit: float = LONGEST,
    *,
    most: int = MOST,
) -> "Finished":
    """Run `pmv-tui` for a rig on its machine.

    Parameters
    ----------
    words : its command line, without its name and --config.
    limit : seconds.
    most : bytes that it may print.

    Raises
    ------
    HostTrouble : it was not run, or not to its end.
    """
    return await hosts.call_for(rig, words, timeout=limit, most=most)


def said(done: "Finished") -> str:
    """Return what a command said on stderr, as far as anybody would read it."""
    text = done.stderr.decode(errors="replace").strip().removeprefix("pmv-tui: ")
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"


def decoded(text: str) -> Any:
    """Read what a command printed with --json; the text itself where that is none."""
    from pmv_tui.untrusted import MAX_DEPTH, too_deep

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = [json.loads(line) for line in text.splitlines()]
        except (ValueError, RecursionError):
            return text
    return f"deeper than {MAX_DEPTH} levels" if too_deep(value) else value


def _show(outcome: Outcome) -> bool:
    """Print what came of a command, for people; return whether it was done."""
    return show_lines(outcome, (outcome.output or "").splitlines())


def show_lines(outcome: Outcome, lines: Sequence[str]) -> bool:
    """Print lines under the name of a rig, and what it said on stderr."""
    say(f"[{outcome.rig.name}]", *lines)
    return show_trouble(outcome)


def show_trouble(outcome: Outcome) -> bool:
    """Say what it said on stderr; return whether it was done."""
    if outcome.error or not (outcome.ok or outcome.output):
        complain(f"{outcome.rig.name}: {outcome.error or f'ended with code {outcome.code}'}")
    return outcome.ok


def _shown_as_table() -> Show:
    """Make what shows CSV: one table of all rigs, whose first column names the rig."""
    titles: list[str] = []

    def show(outcome: Outcome) -> bool:
        text = io.StringIO()
        try:
            rows = list(csv.reader(io.StringIO(outcome.output or "")))
        except csv.Error as error:
            complain(f"{outcome.rig.name}: what it prints is no table: {error}")
            return False
        writer = csv.writer(text, lineterminator="\n")
        if rows and not titles:
            titles.extend(rows[0])
            writer.writerow(["rig", *titles])
        alike = not rows or rows[0] == titles
        if alike:
            writer.writerows([outcome.rig.name, *row] for row in rows[1:])
            say(*text.getvalue().splitlines())
        else:
            # Rows are seconds or minutes: an engine that has just started has no minutes.
            complain(f"{outcome.rig.name}: its columns are others; ask for its table alone")
        return show_trouble(outcome) and alike

    return show
