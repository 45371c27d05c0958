"""A monkey at the TUI: any keys, mouse and sizes; and any bytes."""

from collections.abc import Mapping

import pytest

from tests.monkey.deeds import ANYTHING, PERSON, Kind
from tests.monkey.monkey import Monkey, write_config
from tests.support import RigOnDisk

DEEDS = 75
"""Some 8 s each; `python -m tests.monkey` goes on for an hour."""


@pytest.mark.parametrize("kinds", [PERSON, ANYTHING], ids=["a person's keys", "any bytes"])
@pytest.mark.timeout(600)
def test_the_tui_outlives_a_monkey(rig: RigOnDisk, kinds: Mapping[Kind, int]) -> None:
    write_config(rig)
    monkey = Monkey(rig, 20, kinds)
    try:
        monkey.act_often(DEEDS)
        monkey.assert_well()
    finally:
        monkey.end()
