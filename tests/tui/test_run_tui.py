"""What the command line gets back."""

from pathlib import Path

import pytest

from pmv_tui.config.schema import TuiConfig
from pmv_tui.control.rig import Rig
from pmv_tui.tui.app import run_tui


def test_without_a_terminal_the_tui_does_not_start_and_says_what_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/null").open(encoding="utf-8") as no_terminal:
        monkeypatch.setattr("sys.stdin", no_terminal)
        assert run_tui(Rig(tmp_path / "config.toml", tmp_path), TuiConfig()) == 2
    assert "needs a terminal; pmv-tui status" in capsys.readouterr().err
