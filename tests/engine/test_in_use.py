"""What keeps an engine that nobody uses from ending by itself."""

from pathlib import Path

import pytest

from pmv_tui.config.load import load_config
from pmv_tui.config.schema import CameraConfig
from pmv_tui.control.rig import Rig
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.errands import Errands
from pmv_tui.engine.stream.worker import Worker


def test_what_is_tried_and_not_saved_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "start", lambda _: None)
    rig = Rig(tmp_path / "config.toml", tmp_path)
    engine = Engine(rig, load_config(rig.config_path), lambda: None, Errands(lambda: None))
    addresses = {"pub_address": "tcp://localhost:5555", "pull_address": "tcp://localhost:5556"}
    config = CameraConfig.model_validate(
        {"unique_id": "left-simulated", "name": "left", "gain": 1.0, **addresses}
    )
    engine.add(config, listed=True)
    camera = engine.cameras["left-simulated"]
    used = []
    for gain in (1.0, 3.0, 1.0):
        camera.try_out({"gain": gain})
        used.append((engine.in_use, camera.tried()))
    assert used == [(False, ""), (True, "gain = 3 (saved: 1)"), (False, "")]
    engine._context.term()
