"""Names that one process holds: of a config, and of a camera that two back ends may open."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from pmv_tui.cameras.base import CameraError
from pmv_tui.cameras.registry import device_of
from pmv_tui.config.schema import CameraConfig
from pmv_tui.control.claims import Claimed, claim, config_claims, device_claim, listener
from pmv_tui.engine.stream.worker import claimed
from tests.support import wait_for

HOLD = (
    "import sys\n"
    "from pmv_tui.control.claims import claim\n"
    "holding = claim(sys.argv[1])\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)


@contextmanager
def held_by_another(name: str) -> Iterator["subprocess.Popen[str]"]:
    """Have another process hold a name."""
    command = [sys.executable, "-c", HOLD, name]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.kill()


def test_a_camera_that_another_engine_has_is_not_opened_and_that_one_is_named() -> None:
    device = f"serial {uuid4()}"
    with held_by_another(device_claim(device)) as other:
        with (
            pytest.raises(CameraError, match=rf"another engine has this camera: .*{other.pid}"),
            claimed(device),
        ):
            pass
        other.kill()
        other.wait()
        with claimed(device), pytest.raises(Claimed):
            claim(device_claim(device))


def test_a_camera_is_the_same_device_by_whichever_back_end_and_an_emulated_one_is_none() -> None:
    devices = [
        {device_of(CameraConfig(unique_id=f"{serial}-{kind}")) for kind in ("basler", "aravis")}
        for serial in ("24", "0815-0000")
    ]
    assert devices == [{"serial 24"}, {""}]
    assert device_of(CameraConfig(unique_id="left-simulated")) == ""


def test_a_config_has_its_names_by_every_link_and_they_end_with_who_holds_them(
    tmp_path: Path,
) -> None:
    config, link, other = (tmp_path / name for name in ("a.toml", "b.toml", "c.toml"))
    before = config_claims(config)
    config.touch()
    link.hardlink_to(config)
    other.touch()
    names = config_claims(config)
    assert before < names, "also by its path, which stays when an editor makes it another file"
    (common,) = names & config_claims(link)
    assert not names & config_claims(other)
    with held_by_another(common) as holder:
        assert listener(common) == holder.pid
    assert listener(common) is None


def test_a_file_with_the_number_of_one_that_was_replaced_is_another_config(tmp_path: Path) -> None:
    config, later = tmp_path / "a.toml", tmp_path / "later"
    config.touch()
    names, status = config_claims(config), config.stat()

    def is_later() -> bool:
        later.touch()
        return later.stat().st_ctime_ns > status.st_ctime_ns

    wait_for(is_later, "the clock of the file system to go on")
    config.unlink()
    for name in map(str, range(1000)):
        other = tmp_path / name
        other.touch()
        if other.stat().st_ino == status.st_ino:
            assert not names & config_claims(other)
            return
    pytest.skip("this file system gives no number twice")
