"""The config file that comes with the program, and the page about it."""

from pathlib import Path

import pytest

from pmv_tui.config.load import load_config
from pmv_tui.config.schema import (
    CameraConfig,
    DisplayConfig,
    EngineConfig,
    OverlayConfig,
    RigConfig,
    SecurityConfig,
    SocketConfig,
    TuiConfig,
)
from pmv_tui.tui.actions import SCREENS

PROJECT = Path(__file__).parents[2]
SECTIONS = (
    SocketConfig,
    OverlayConfig,
    DisplayConfig,
    EngineConfig,
    SecurityConfig,
    TuiConfig,
    CameraConfig,
)
SETTINGS = [setting for section in SECTIONS for setting in section.model_fields]


def test_the_shipped_config_has_two_simulated_cameras() -> None:
    config = load_config(PROJECT / "config.toml").config
    assert [(camera.label, camera.backend, camera.fps) for camera in config.cameras] == [
        ("left", "simulated", 60),
        ("right", "simulated", 60),
    ]


def test_the_values_it_shows_are_the_defaults() -> None:
    config = load_config(PROJECT / "config.toml").config
    assert config.model_copy(update={"cameras": ()}) == RigConfig()
    own = {"unique_id", "name", "pub_address", "pull_address"}
    default = CameraConfig(unique_id="left-simulated")
    shown = config.cameras[0].model_dump(exclude=own)
    assert shown == default.model_dump(exclude=own)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_taught(setting: str) -> None:
    assert f"{setting} = " in (PROJECT / "config.toml").read_text()
    assert f"`{setting}`" in (PROJECT / "docs" / "configuration.md").read_text()


def test_every_action_that_may_have_other_keys_is_named() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text()
    unnamed = {action.id for actions in SCREENS.values() for action in actions}
    assert {action for action in unnamed if f"`{action}`" not in page} == set()
