"""docs/commands.md has every command and option that there is, and no other."""

import argparse
import re
from pathlib import Path

import pytest

from pmv_tui.cli import command_line

PAGE = (Path(__file__).parents[2] / "docs/commands.md").read_text()

ACTIONS = ("list", "add", "remove", "check")
"""Of the command `rigs`, each of which has a row of its own."""

ROW = rf"^\| `(?!pmv-tui)((?:rigs (?:{'|'.join(ACTIONS)})\b)|[a-z-]+)([^`]*)` \|"

DOCUMENTED = dict(re.findall(ROW, PAGE, re.M))
"""The words that follow each command in its row."""


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return each command's parser, and that of each of its actions by both their names."""
    made = dict(inside(command_line()))
    for command, parser in list(made.items()):
        made |= {f"{command} {action}": each for action, each in inside(parser).items()}
    return made


def inside(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers that one chooses from."""
    return {
        name: each
        for action in parser._actions
        if isinstance(action.choices, dict)
        for name, each in action.choices.items()
    }


def test_each_command_has_its_row_and_each_row_its_command() -> None:
    assert set(DOCUMENTED) == set(commands())


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_row_names_every_argument_and_option(name: str) -> None:
    taken = set(re.findall(r"--[a-z-]+", DOCUMENTED[name]))
    actions = commands()[name]._actions
    options = {option for action in actions for option in action.option_strings}
    assert taken == {each for each in options if each.startswith("--")} - {
        "--help",
        "--config",
        "--rig",
    }
    for action in actions:
        if not action.option_strings:
            word = str(action.metavar or next(iter(action.choices or [action.dest])))
            assert word in DOCUMENTED[name] or action.dest.upper() in DOCUMENTED[name]
