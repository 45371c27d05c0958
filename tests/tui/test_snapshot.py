"""The key that saves the newest image: what it says of images that cannot be saved."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from pmv_tui.tui import snapshot
from pmv_tui.tui.app import PmvApp
from tests.support import full_disk
from tests.tui.driving import drive, until
from tests.tui.rig_double import RigDouble, a_camera, a_ramp

SIZE = (240, 30)


async def until_said(pilot: Pilot[str], text: str) -> None:
    """Wait for a toast with a text, however it is broken into lines."""
    toasts = pilot.app._notifications
    await until(pilot, lambda: any(text in toast.message for toast in toasts))


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RigDouble:
    """Two cameras, one of which gives no image; the TUI was started in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(snapshot, "WAIT", 0.1)
    rig = RigDouble(a_camera("left"), a_camera("right", 5557, state="stalled"))
    rig.images["left-simulated"] = a_ramp()
    return rig


@pytest.mark.parametrize("keys", [["M"], ["M", "enter"], ["V"]], ids=["rig", "camera", "grid"])
def test_what_is_saved_is_said_and_copied_on_every_screen(
    rig: RigDouble, tmp_path: Path, keys: list[str]
) -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press(*keys, "S")
        await until_said(pilot, "left: saved to")
        assert app.clipboard == str(next(tmp_path.glob("left-*.png")))
        if len(keys) == 1 and keys[0] == "M":
            await until_said(pilot, "right: no image came within 0.1 s: stalled")

    drive(rig, scenario, SIZE)
    assert [each.suffix for each in tmp_path.iterdir()] == [".png"]


def test_what_is_there_is_not_lost_and_a_full_disk_leaves_nothing(
    rig: RigDouble, tmp_path: Path
) -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        with full_disk():
            await pilot.press("S")
            await until_said(pilot, "cannot be written: File too large")
        assert not list(tmp_path.iterdir())
        await pilot.press("S")
        await until_said(pilot, "saved to")
        await pilot.press("S")
        await until_said(pilot, "png exists")
        assert app.clipboard.endswith(".png")

    drive(rig, scenario, SIZE)


def test_a_folder_that_is_gone_and_a_camera_that_is_gone_are_said(
    rig: RigDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("S")
        await until_said(pilot, "the folder that pmv-tui was started in is gone")
        rig.forgotten.add("left-simulated")
        await pilot.press("S")
        await until_said(pilot, "left: there is no camera 'left-simulated'")

    drive(rig, scenario, SIZE)
