"""Which config file is used."""

import subprocess
import sys
from pathlib import Path

import pytest

from pmv_tui.config.locate import ConfigError, Problem, locate_config


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start in an empty folder, with an empty home."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv("PMV_TUI_CONFIG", raising=False)


def make(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_without_any_file_the_users_folder_is_where_one_will_be_made(tmp_path: Path) -> None:
    location = locate_config()
    user = tmp_path / "settings" / "pmv-tui" / "config.toml"
    assert (location.path, location.exists) == (user, False)
    assert location.looked_at == (tmp_path / "here" / "config.toml", user)


def test_the_more_particular_place_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make(tmp_path / "settings" / "pmv-tui" / "config.toml")
    assert locate_config().path == user
    here = make(tmp_path / "here" / "config.toml")
    assert locate_config().path == here
    variable = make(tmp_path / "variable.toml")
    monkeypatch.setenv("PMV_TUI_CONFIG", str(variable))
    assert locate_config().path == variable
    assert "PMV_TUI_CONFIG" in locate_config().chosen_by
    option = make(tmp_path / "here" / "option.toml")
    assert locate_config("option.toml").path == option
    assert locate_config("option.toml").chosen_by == "--config"


def test_where_the_file_may_be_another_programs_it_is_reported_why_it_was_used(
    tmp_path: Path,
) -> None:
    here = make(tmp_path / "here" / "config.toml")
    foreign = ConfigError(here, [Problem("tool", 1, "unknown key tool; known ones are cameras")])
    explained = locate_config().explained(foreign)
    assert "unknown key tool" in explained
    assert f"{here} was used because it lies in the current folder" in explained
    assert "--config FILE or $PMV_TUI_CONFIG" in explained
    assert locate_config(here).explained(foreign) == str(foreign)
    mistake = ConfigError(here, [Problem("display.rat", 1, "unknown key rat; did you mean rate?")])
    assert locate_config().explained(mistake) == str(mistake)


def test_a_file_that_was_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "here" / "config.toml")
    with pytest.raises(ConfigError, match=r"lost\.toml: there is no such file; --config names it"):
        locate_config("lost.toml")
    monkeypatch.setenv("PMV_TUI_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(ConfigError, match=r"gone\.toml: .*\$PMV_TUI_CONFIG names it"):
        locate_config()


def test_a_home_folder_is_found_and_a_strangers_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "mine.toml")
    assert locate_config("~/mine.toml").path == tmp_path / "mine.toml"
    with pytest.raises(ConfigError, match="write the whole path"):
        locate_config("~nobody-of-that-name/mine.toml")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMV_TUI_CONFIG", "")
    assert not locate_config().exists


def test_a_removed_current_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "here").rmdir()
    with pytest.raises(ConfigError, match="current folder was removed"):
        locate_config()


def test_the_light_modules_do_not_load_the_schema() -> None:
    script = (
        "import sys, pmv_tui.config.locate, pmv_tui.config.addresses; "
        "print([name for name in ('pydantic', 'tomllib', 'zmq', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
