"""docs/commands.md has every command and option that there is, and no other."""

import argparse
import re
from pathlib import Path

import pytest

from pmv_tui.cli import command_line

PAGE = (Path(__file__).parents[2] / "docs/commands.md").read_text()

DOCUMENTED = dict(re.findall(r"^\| `(?!pmv-tui)([a-z]+)([^`]*)` \|", PAGE, re.M))
"""The words that follow each command in its row."""


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return each command's parser."""
    (made,) = (
        action.choices for action in command_line()._actions if isinstance(action.choices, dict)
    )
    return made


def test_each_command_has_its_row_and_each_row_its_command() -> None:
    assert set(DOCUMENTED) == set(commands())


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_row_names_every_argument_and_option(name: str) -> None:
    taken = set(re.findall(r"--[a-z-]+", DOCUMENTED[name]))
    actions = commands()[name]._actions
    options = {option for action in actions for option in action.option_strings}
    assert taken == {each for each in options if each.startswith("--")} - {"--help", "--config"}
    for action in actions:
        if not action.option_strings:
            word = str(action.metavar or next(iter(action.choices or [action.dest])))
            assert word in DOCUMENTED[name] or action.dest.upper() in DOCUMENTED[name]
