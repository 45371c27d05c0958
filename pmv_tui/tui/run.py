"""Runs the app in this process's terminal, and ends it in order when the terminal goes."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import operator_here
from pmv_tui.control.rig import Rig
from pmv_tui.output import Printed
from pmv_tui.system import OF_NO_USE, make_room_for_handlers, to_be_handled
from pmv_tui.threads import Patient
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.link import EngineProcess
from pmv_tui.tui.state import DefaultTuiConfig
from pmv_tui.tui.terminal_app import TerminalApp
from pmv_tui.untrusted import printable

if TYPE_CHECKING:
    from pmv_tui.config.schema import TuiConfig

HANG_UP_SECONDS = 5
"""A TUI whose terminal is gone, or that was asked to end, has so long to end in order."""


def run_tui(
    rig: Rig,
    config: "TuiConfig | DefaultTuiConfig",
    printed: Printed,
    engine: EngineProcess,
    *,
    complaint: Callable[[], str] = str,
    looked_at: Iterable[Path] = (),
) -> int:
    """Show the TUI of a rig whose engine runs already, until the person leaves.

    Parameters: see `PmvApp`; `printed` is what libraries print in this process, and `complaint`
    its `config_complaint`.

    Returns
    -------
    The exit code.
    """
    app = PmvApp(
        AsyncControlClient(rig.endpoint),
        str(rig.log_path),
        config=config,
        printed=Patient[list[str]](printed.new_lines, [], keeps=False),
        engine=engine,
        operator=operator_here(),
        config_complaint=complaint,
        looked_at=looked_at,
    )
    return show(app, mouse=config.mouse)


def show(app: TerminalApp, *, mouse: bool) -> int:
    """Show an app until the person leaves; return the exit code."""
    farewell = asyncio.run(_run(app, mouse=mouse))
    if farewell:
        print(printable(farewell))
    # None: it has not left, it was ended by a failure.
    return 1 if app.return_code is None else app.return_code


async def _run(app: TerminalApp, *, mouse: bool) -> str | None:
    """Run the app; end in order when its terminal goes."""

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        # Where even an orderly end hangs, the alarm's default is to end the process. Not left to
        # the event loop: it may be what hangs.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(HANG_UP_SECONDS)
        loop.call_soon_threadsafe(app.exit)

    loop = asyncio.get_running_loop()
    make_room_for_handlers()
    for number in OF_NO_USE:
        signal.signal(number, lambda *_: None)
    to_end = to_be_handled()
    for number in to_end:
        signal.signal(number, hang_up)
    try:
        return await app.run_async(mouse=mouse)
    finally:
        for number in to_end:
            signal.signal(number, signal.SIG_DFL)
