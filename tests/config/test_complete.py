"""What a config leaves open is filled in."""

from pathlib import Path

import pytest

from pmv_tui.config.load import load_config
from pmv_tui.config.schema import CameraConfig, RigConfig, complete, found_camera

HERE = Path("/rig")


def completed(*cameras: CameraConfig) -> list[CameraConfig]:
    return list(complete(RigConfig(cameras=cameras), HERE).cameras)


def ports(camera: CameraConfig) -> tuple[str, str]:
    return camera.pub_address[-4:], camera.pull_address[-4:]


def test_cameras_without_addresses_get_pairs_from_5555_up() -> None:
    cameras = completed(CameraConfig(unique_id="a-x"), CameraConfig(unique_id="b-x"))
    assert [ports(camera) for camera in cameras] == [("5555", "5556"), ("5557", "5558")]


def test_a_written_address_is_kept_and_avoided() -> None:
    first, second, third = completed(
        CameraConfig(unique_id="a-x"),
        CameraConfig(unique_id="b-x", pub_address="tcp://*:5555"),
        CameraConfig(unique_id="c-x", pull_address="tcp://localhost:5558"),
    )
    assert ports(first) == ("5559", "5560")
    assert second.pub_address == "tcp://*:5555"
    assert third.pull_address == "tcp://localhost:5558"
    texts = [text for each in (first, second, third) for text in ports(each)]
    assert len(set(texts)) == len(texts)


def test_an_address_given_to_one_camera_does_not_move_the_next() -> None:
    second = CameraConfig(unique_id="b-x")
    before = completed(CameraConfig(unique_id="a-x"), second)
    moved = CameraConfig(
        unique_id="a-x", pub_address="tcp://localhost:7000", pull_address="tcp://localhost:7001"
    )
    assert completed(moved, second)[1] == before[1]


def test_a_found_camera_gets_the_next_free_pair() -> None:
    listed = completed(CameraConfig(unique_id="a-x"))
    found = found_camera("0-opencv", listed)
    assert (found.unique_id, ports(found)) == ("0-opencv", ("5557", "5558"))
    assert ports(found_camera("1-opencv", [*listed, found])) == ("5559", "5560")


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("mouse.mp4", "/rig/mouse.mp4"),
        ("/dev/video0", "/dev/video0"),
        ("~/mouse.mp4", "/home/me/mouse.mp4"),
        ("rtsp://camera/stream", "rtsp://camera/stream"),
        (0, 0),
        (None, None),
    ],
)
def test_a_relative_source_starts_at_the_configs_folder(
    written: str | int | None, whole: str | int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    [camera] = completed(CameraConfig(unique_id="a-x", source=written))
    assert camera.source == whole


def test_a_source_starts_at_the_real_file_where_the_config_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "config.toml"
    real.write_text('[[cameras]]\nunique_id = "a-opencv"\nsource = "mouse.mp4"\n')
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    [camera] = load_config(link).config.cameras
    assert camera.source == str(tmp_path / "real" / "mouse.mp4")
