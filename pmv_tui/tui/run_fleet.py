"""Runs the app of several rigs in this process's terminal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pmv_tui.control.client import operator_here
from pmv_tui.output import Printed
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.threads import Patient
from pmv_tui.tui.fleet_app import FleetApp
from pmv_tui.tui.run import show
from pmv_tui.tui.state import DefaultTuiConfig

if TYPE_CHECKING:
    from pmv_tui.config.schema import TuiConfig


def run_fleet(
    rigs: Sequence[ListedRig],
    config: "TuiConfig | DefaultTuiConfig",
    printed: Printed,
    *,
    complaint: Callable[[], str] = str,
) -> int:
    """Show the TUI of several rigs, until the person leaves.

    Parameters: see `FleetApp`; `printed` is what libraries print in this process, and `complaint`
    its `config_complaint`.

    Returns
    -------
    The exit code.
    """
    app = FleetApp(
        rigs,
        Hosts(compressed=True),
        config=config,
        printed=Patient[list[str]](printed.new_lines, [], keeps=False),
        operator=operator_here(),
        config_complaint=complaint,
    )
    return show(app, mouse=config.mouse)
