"""A device that comes or goes leads to one search, a moment later."""

from pathlib import Path

from pmv_tui.engine.search import SETTLE_TIME, Hotplug


def test_each_change_leads_to_one_search_when_the_device_had_time_to_settle(
    tmp_path: Path,
) -> None:
    hotplug = Hotplug([str(tmp_path), str(tmp_path / "absent")])
    assert not hotplug.search_due(0)
    (tmp_path / "1-2").touch()
    assert not hotplug.search_due(1)
    assert not hotplug.search_due(1 + SETTLE_TIME / 2)
    assert hotplug.search_due(1 + SETTLE_TIME)
    assert not hotplug.search_due(100)
    (tmp_path / "1-2").unlink()
    assert not hotplug.search_due(101)
    assert hotplug.search_due(102 + SETTLE_TIME)
