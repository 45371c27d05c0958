"""Fixtures for all tests."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import require_cv2
from tests.support import RigOnDisk, plain_environment, plain_signals, rig_on_disk

# Before anything is imported that reads it: Textual does so once.
_PLAIN = plain_environment()
os.environ.clear()
os.environ.update(_PLAIN)
plain_signals()

# A slow answer of a busy machine is no failure of a property.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let what is pinned be renewed: tests/pins."""
    parser.addoption("--pin-update", action="store_true", help="write tests/pins/pinned anew")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have a worker a processor (`-n auto`); with more, tests that count images wait for a turn."""
    return len(os.sched_getaffinity(0))


# Where root can give the loopback no more addresses, there is one for all network cameras.
NETWORK_CAMERA = {"test_aravis.py", "test_network_camera.py", "test_faults.py"}

LONGEST = ("faults", "system", "pins", "monkey", "tui", "control", "engine", "cameras")
"""The folders whose modules take longest, which are given to workers first: were one of them last,
a worker would go on alone."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a module's tests on one worker (`--dist loadgroup`), so that they share what is slow."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    turns = {folder: turn for turn, folder in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path.parent.name, len(turns)))


def group_of(item: pytest.Item) -> str:
    """Return the group of a test: with those of which it shares a worker."""
    if item.path.parent.name == "pins":
        return "pins"
    return "network camera" if item.path.name in NETWORK_CAMERA else item.location[0]


@pytest.fixture
def rig() -> Iterator[RigOnDisk]:
    """A rig in a new folder; an engine left in the background is ended with the test."""
    with rig_on_disk() as rig:
        yield rig


@pytest.fixture
def opencv() -> None:
    """OpenCV can be imported here."""
    try:
        require_cv2()
    except BackendUnavailable as trouble:
        pytest.skip(str(trouble))
