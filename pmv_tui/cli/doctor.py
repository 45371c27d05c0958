"""The command that looks at what bites on rigs: `doctor`."""

import argparse
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pmv_tui.cli.grammar import Grammar
from pmv_tui.cli.outcome import DONE, NOT_DONE, CommandFailed, show

if TYPE_CHECKING:
    from pmv_tui.config.schema import RigConfig
    from pmv_tui.doctor.finding import Finding

UNLIMITED = 10_000
"""Columns where the output goes to no terminal: a line a finding, for grep."""

MARKS = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


def add_commands(grammar: Grammar) -> None:
    """Add `doctor`."""
    grammar.command(
        "doctor",
        _doctor,
        "check what could spoil a run on this machine, and say what to do",
        listing=True,
    )


def _doctor(options: argparse.Namespace) -> int:
    from pmv_tui.control.rig import RigError
    from pmv_tui.doctor.gather import gather
    from pmv_tui.doctor.run import examine

    try:
        examined = gather(getattr(options, "config", None), _config)
    except RigError as error:
        raise CommandFailed(str(error)) from None
    findings = examine(examined)
    errors = [finding for finding in findings if finding.level == "error"]
    told = {
        "config": str(examined.rig.config_path),
        "fit": not errors,
        "findings": [asdict(finding) for finding in findings],
    }
    columns = examined.terminal.columns if examined.terminal else UNLIMITED
    show(options, told, lambda: _lines(findings, columns))
    return NOT_DONE if errors else DONE


def _config(path: Path) -> "RigConfig":
    """Read the config file; the TUI's part and the keys that it asks for are checked too."""
    from pmv_tui.cli.keys import refuse_missing_key
    from pmv_tui.config.load import load_config
    from pmv_tui.tui.config_check import tui_problems

    loaded = load_config(path, tui_problems)
    refuse_missing_key(loaded)
    return loaded.config


def _lines(findings: list["Finding"], columns: int) -> list[str]:
    """Tell every finding, what to do below it, and how many are bad; broken to fit the terminal."""
    lines = []
    for finding in findings:
        head = f"{MARKS[finding.level]:<7}  {finding.check:<9}  "
        lines += _broken(finding.found, head, columns)
        if finding.remedy:
            lines += _broken(finding.remedy, f"{'':<{len(head)}}→ ", columns)
    counts = {
        level: sum(finding.level == level for finding in findings) for level in ("error", "warning")
    }
    told = [f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts.items()]
    return [*lines, "", ", ".join(told) + ("" if counts["error"] else ": nothing breaks a run")]


def _broken(text: str, head: str, columns: int) -> list[str]:
    """Break a text into lines behind its head; long words, such as paths, stay whole."""
    width = max(columns, 2 * len(head))
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
