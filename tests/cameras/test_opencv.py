"""The opencv back end: video files in place of a camera, and the list of webcams."""

import struct
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from pmv_tui.cameras.base import Camera, CameraError, CameraLost, EndOfStream, RestartNeeded
from pmv_tui.cameras.opencv import OpenCVBackend, v4l
from pmv_tui.cameras.opencv.v4l import list_devices
from pmv_tui.cameras.simulated.scene import BlobScene
from pmv_tui.config.schema import CameraConfig
from tests.cameras.conftest import WriteVideo
from tests.cameras.helpers import (
    assert_leaves_nothing,
    grab_one,
    pass_time,
    read_number,
    setting,
)


def config(unique_id: str = "film-opencv", **settings: Any) -> CameraConfig:
    return CameraConfig(unique_id=unique_id, **settings)


def open_opencv(unique_id: str = "film-opencv", **settings: Any) -> Camera:
    return OpenCVBackend().open(config(unique_id, **settings))


@pytest.fixture
def video(write_video: WriteVideo) -> Path:
    """Ten images, each with its number."""
    scene = BlobScene(640, 480)
    return write_video(np.dstack([scene.read(number)] * 3) for number in range(10))


def test_a_video_file_is_played_at_its_own_rate_over_and_over(video: Path) -> None:
    camera = open_opencv(source=str(video), fps=7.0)
    assert camera.fps == 100.0
    assert camera.pixel_format == "Mono8"
    numbers = [read_number(grab_one(camera).image) for _ in range(23)]
    assert numbers == [*range(10), *range(10), 0, 1, 2]
    camera.close()


@pytest.mark.usefixtures("opencv")
def test_a_rate_that_a_file_does_not_state_is_the_configs_and_the_settings_say_so(
    tmp_path: Path,
) -> None:
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    jpeg = cv2.imencode(".jpg", np.zeros((48, 64), np.uint8))[1].tobytes()
    (tmp_path / "raw.mjpeg").write_bytes(jpeg * 20)
    # Its images are 1/15 s apart, more or less, and stamped with a clock of 1/1000 s.
    for path in (Path(__file__).parent / "files" / "no_rate.webm", tmp_path / "raw.mjpeg"):
        camera = open_opencv(source=str(path), fps=40.0)
        assert camera.fps == 40.0
        assert setting(camera, "fps").note == "the file has no frame rate"
        camera.apply(config(source=str(path), fps=50.0))
        assert camera.fps == 50.0
        camera.close()


@pytest.mark.usefixtures("opencv")
def test_the_pages_of_a_stack_are_played_one_after_another(tmp_path: Path) -> None:
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    path = tmp_path / "stack.tiff"
    cv2.imwritemulti(str(path), [np.full((24, 32), 500 * page, np.uint16) for page in range(5)])
    shades = [500 * page // 256 for page in range(5)]
    camera = open_opencv(source=str(path), fps=100.0)
    seen = [int(grab_one(camera).image[0, 0]) for _ in range(12)]
    assert seen == [*shades, *shades, *shades[:2]]
    camera.close()
    once = open_opencv(source=str(path), fps=100.0, loop=False)
    assert [int(grab_one(once).image[0, 0]) for _ in range(5)] == shades
    with pytest.raises(EndOfStream, match=r"stack\.tiff has been played to its end"):
        grab_one(once)
    once.close()


@pytest.mark.usefixtures("opencv")
@pytest.mark.parametrize("suffix", ["webp", "gif", "png"])
def test_an_animation_moves(tmp_path: Path, suffix: str) -> None:
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    animation = cv2.Animation()
    animation.frames = [np.full((24, 32, 3), 60 * image, np.uint8) for image in range(4)]
    animation.durations = [50] * 4
    path = tmp_path / f"moving.{suffix}"
    cv2.imwriteanimation(str(path), animation)
    camera = open_opencv(source=str(path))
    shades = [int(grab_one(camera).image.mean()) for _ in range(6)]
    assert shades == pytest.approx([0, 60, 120, 180, 0, 60], abs=6)
    assert camera.fps == pytest.approx(20, rel=0.2)
    camera.close()


@pytest.mark.usefixtures("opencv")
def test_a_picture_that_is_too_large_says_so(tmp_path: Path) -> None:
    size = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    path = tmp_path / "large.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
    )
    with pytest.raises(CameraError, match=r"large\.png is too large; make it smaller"):
        open_opencv(source=str(path))


def test_a_late_reader_of_a_video_file_gets_no_burst(video: Path) -> None:
    camera = open_opencv(source=str(video))
    first = grab_one(camera)
    pass_time(0.3)
    stamps = [grab_one(camera).timestamp for _ in range(5)]
    assert stamps[0] - first.timestamp >= 0.29e9
    assert stamps[-1] - stamps[0] >= 0.015e9
    assert camera.counts.skipped >= 29
    camera.close()


def test_a_grab_that_is_too_short_for_the_next_frame_gives_none(video: Path) -> None:
    camera = open_opencv(source=str(video))
    grabbed = 0
    while camera.grab(0) is not None:
        grabbed += 1
    assert grabbed >= 1, "the first frame is due at once"
    assert read_number(grab_one(camera).image) == grabbed % 10, "no image is lost by it"
    camera.close()


def test_colour_is_made_mono(write_video: WriteVideo) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 2] = 255
    camera = open_opencv(source=str(write_video([red] * 3)), pixel_format="Colour")
    image = grab_one(camera).image
    assert image.shape == (48, 64)
    assert image.flags.c_contiguous
    assert image.mean() == pytest.approx(76, abs=5), "the luma of red"
    camera.close()


def test_a_truncated_video_is_played_as_far_as_it_goes(video: Path) -> None:
    whole = video.read_bytes()
    video.write_bytes(whole[: len(whole) // 2])
    camera = open_opencv(source=str(video))
    numbers = [read_number(grab_one(camera).image) for _ in range(12)]
    last = max(numbers)
    assert 0 < last < 9
    assert numbers[: last + 2] == [*range(last + 1), 0]
    camera.close()


def test_a_truncated_video_that_is_not_looped_ends_where_it_was_cut(video: Path) -> None:
    whole = video.read_bytes()
    video.write_bytes(whole[: len(whole) // 2])
    camera = open_opencv(source=str(video), loop=False)
    numbers: list[int] = []

    def play_on() -> None:
        while True:
            numbers.append(read_number(grab_one(camera).image))

    with pytest.raises(EndOfStream, match="played to its end"):
        play_on()
    assert numbers == list(range(len(numbers)))
    assert 0 < len(numbers) < 9
    camera.close()


def test_a_video_that_is_not_looped_ends_and_stays_at_its_end(video: Path) -> None:
    camera = open_opencv(source=str(video), loop=False)
    assert [read_number(grab_one(camera).image) for _ in range(10)] == list(range(10))
    for _ in range(2):
        with pytest.raises(EndOfStream):
            grab_one(camera)
    camera.close()


def test_a_file_that_is_replaced_while_it_plays_is_played_next(
    video: Path, write_video: WriteVideo
) -> None:
    camera = open_opencv(source=str(video))
    grab_one(camera)
    white = [np.full((48, 64, 3), 255, np.uint8)] * 3
    video.rename(video.with_name("old.avi"))
    assert write_video(white) == video
    shapes = [grab_one(camera).image.shape for _ in range(10)]
    assert shapes[:9] == [(480, 640)] * 9, "the old one is played to its end"
    assert shapes[9] == (48, 64)
    camera.close()


def test_the_rate_of_a_file_is_its_own_and_the_settings_say_so(video: Path) -> None:
    camera = open_opencv(source=str(video), fps=7.0, pixel_format="Colour")
    fps = setting(camera, "fps")
    assert (fps.wanted, fps.actual, fps.live) == (7.0, 100.0, False)
    assert fps.note == "the file's own rate"
    assert setting(camera, "gain").note == "a video file has no gain"
    assert setting(camera, "pixel_format").note == "colour is converted to grey"
    camera.apply(config(source=str(video), fps=9.0))
    assert camera.fps == 100.0
    with pytest.raises(RestartNeeded, match="loop"):
        camera.apply(config(source=str(video), loop=False))
    camera.close()


@pytest.mark.usefixtures("opencv")
@pytest.mark.parametrize(
    "content",
    [b"", b"a letter to my aunt\n" * 100, b"RIFF\x00\x10\x00\x00AVI "],
    ids=["empty", "text", "nothing but a header"],
)
def test_a_file_that_is_no_video_is_an_error(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letter.avi"
    path.write_bytes(content)
    with pytest.raises(CameraError, match=r"no image can be decoded from .*letter\.avi"):
        open_opencv(source=str(path))
    assert capfd.readouterr() == ("", ""), "the libraries keep quiet"


def test_a_video_file_that_vanishes_while_it_plays_is_an_error(video: Path) -> None:
    camera = open_opencv(source=str(video))
    video.unlink()
    for _ in range(10):
        grab_one(camera)
    with pytest.raises(CameraError, match="any more; check that the file is still there"):
        grab_one(camera)
    camera.close()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"there is no file .*nothing\.mp4"):
        open_opencv(source=str(tmp_path / "nothing.mp4"))
    with pytest.raises(CameraError, match="~nobody-such has no home folder here"):
        open_opencv(source="~nobody-such/nothing.mp4")


@pytest.mark.usefixtures("opencv")
@pytest.mark.parametrize(
    ("unique_id", "source"),
    [
        ("987-opencv", None),
        ("left-opencv", 987),
        ("left-opencv", "987"),
        ("left-opencv", "/dev/video987"),
    ],
)
def test_a_missing_webcam_is_named(
    unique_id: str, source: str | int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CameraError, match="there is no camera /dev/video987; connect it"):
        open_opencv(unique_id, source=source)
    assert capfd.readouterr() == ("", ""), "the libraries keep quiet"


def test_an_id_without_an_index_needs_a_source() -> None:
    with pytest.raises(CameraError, match="'left' is not an index; give the index"):
        open_opencv("left-opencv")


def test_an_external_trigger_is_refused() -> None:
    with pytest.raises(CameraError, match="knows no external trigger"):
        open_opencv("0-opencv", external_trigger=True)


def listed(folder: Path, *nodes: tuple[str, str, str]) -> Path:
    """Make a folder as the kernel does, of video devices by node, name and index."""
    for node, name, index in nodes:
        (folder / node).mkdir(parents=True)
        (folder / node / "name").write_text(f"{name}\n")
        (folder / node / "index").write_text(f"{index}\n")
    return folder


def test_webcams_are_listed_by_number_without_their_metadata_nodes(tmp_path: Path) -> None:
    folder = listed(
        tmp_path / "sys",
        ("video10", "Microscope", "0"),
        ("video2", "Integrated Camera", "0"),
        ("video3", "Integrated Camera", "1"),
    )
    (tmp_path / "video2").touch()
    found = list_devices(folder, tmp_path)
    assert found == [(2, "Integrated Camera", True), (10, "Microscope", False)]


def test_what_scales_or_decodes_on_a_raspberry_pi_is_no_camera(tmp_path: Path) -> None:
    names = ("bcm2835-codec-decode", "bcm2835-isp-output0", "rpivid", "rpi-hevc-dec", "USB Camera")
    nodes = [(f"video{number}", name, "0") for number, name in enumerate(names)]
    found = list_devices(listed(tmp_path / "sys", *nodes), tmp_path)
    assert [device.name for device in found] == ["USB Camera"]


def test_no_webcams_are_found_where_the_kernel_has_none(tmp_path: Path) -> None:
    assert list_devices(tmp_path / "nothing") == []


def test_a_camera_that_a_container_was_not_given_is_said_to_be_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v4l, "V4L_FOLDER", listed(tmp_path, ("video77", "Microscope", "0")))
    with pytest.raises(CameraError, match=r"has /dev/video77 \(Microscope\), but no .*docker"):
        open_opencv("77-opencv")


class Mjpeg(BaseHTTPRequestHandler):
    """A network camera: three JPEGs, and the end of its stream."""

    def do_GET(self) -> None:
        import cv2  # noqa: PLC0415 - not where it cannot be imported

        jpeg = cv2.imencode(".jpg", np.full((24, 32), 90, np.uint8))[1].tobytes()
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b"--next\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.usefixtures("opencv")
def test_a_stream_from_the_network_is_received_and_lost_and_its_password_never_reported() -> None:
    with HTTPServer(("127.0.0.1", 0), Mjpeg) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        url = f"http://me:p@ss:w0rd@127.0.0.1:{server.server_port}/video?pwd=w0rd"
        camera = open_opencv("net-opencv", source=url)
        assert grab_one(camera).image.shape == (24, 32)
        assert setting(camera, "gain").note == "the stream's own"

        def play_on() -> None:
            while True:
                camera.grab(1)

        with pytest.raises(CameraLost) as lost:
            play_on()
        camera.close()
        server.shutdown()
        serving.join()
    with pytest.raises(CameraError) as refused:
        open_opencv("net-opencv", source=url)
    with pytest.raises(CameraError) as unknown:
        open_opencv("net-opencv", source=url.replace("http", "gopher"))
    for message in map(str, (lost.value, refused.value, unknown.value)):
        assert "://me:...@127.0.0.1" in message
        assert "w0rd" not in message
    assert "no gopher:// streams" in str(unknown.value)


def test_opening_and_closing_leaves_nothing_behind(video: Path) -> None:
    def cycle() -> None:
        camera = open_opencv(source=str(video))
        grab_one(camera)
        camera.close()
        camera.close()

    assert_leaves_nothing(cycle)
