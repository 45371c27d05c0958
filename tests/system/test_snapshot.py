"""`pmv-tui snapshot`: a camera's image in a file, to the pixel, and whose it is and when."""

import base64
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.client import Frame, subscribe
from pmv_tui.image_file import NotPngError, file_name, names_for_files, png, read_png
from pmv_tui.wire.status import Image, local_time
from tests.support import RigOnDisk, free_ports, rig_on_disk, shared, simulated, wait_for
from tests.system.fake_backend import FIXED_IMAGE, FIXED_TIME
from tests.system.fake_cameras import install, set_mood
from tests.system.terminal import TerminalTui

WHEN = local_time(FIXED_TIME)


@pytest.fixture(scope="module")
def served() -> Iterator[RigOnDisk]:
    """A rig that runs: two cameras of a known image, one without a trigger, one that films."""
    with rig_on_disk() as rig:
        install(rig)
        ports = iter(free_ports(8))
        fakes = {"mono": 'pixel_format = "Mono"', "bayer": 'pixel_format = "Colour"'}
        blocks = []
        for name, pixel_format in fakes.items():
            set_mood(rig, name, "fixed")
            block = simulated(name, next(ports), next(ports), fps=20, more=pixel_format)
            blocks.append(block.replace("-simulated", "-fake"))
        waiting = "external_trigger = true"
        blocks.append(simulated("trig", next(ports), next(ports), more=waiting))
        blocks.append(simulated("scene", next(ports), next(ports), fps=5))
        rig.write_config("\n".join(blocks))
        with rig.serve():
            yield rig


@pytest.fixture
def running(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, with no image saved."""
    with shared(served):
        yield served
    for each in served.folder.glob("*.png"):
        each.unlink()


def read(path: Path) -> NDArray[np.uint8]:
    """Decode a file as another program does."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None
    assert image.dtype == np.uint8
    return image.astype(np.uint8)


def texts(data: bytes) -> dict[str, str]:
    """Read what a PNG file says of itself, and check each chunk."""
    found, place = {}, 8
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (check,) = struct.unpack_from(">I", data, place + 8 + length)
        assert check == zlib.crc32(kind + body)
        if kind == b"tEXt":
            key, _, value = body.partition(b"\0")
            found[key.decode()] = value.decode("latin-1")
        elif kind == b"iTXt":
            key, _, value = body.partition(b"\0\0\0\0\0")
            found[key.decode()] = value.decode()
        place += 12 + length
    return found


def test_it_is_the_cameras_image_with_whose_it_is_and_when(running: RigOnDisk) -> None:
    done = running.run_here("snapshot", "mono", "--json")
    assert done.returncode == 0, done
    (result,) = json.loads(done.stdout)
    path = running.folder / f"mono-{WHEN:%Y%m%d-%H%M%S}-123.png"
    assert (result["file"], result["ok"]) == (str(path), True)
    assert (result["width"], result["height"], result["pixel_format"]) == (6, 4, "Mono8")
    assert (read(path) == FIXED_IMAGE).all()
    about = texts(path.read_bytes())
    assert about["Creation Time"] == WHEN.isoformat(timespec="milliseconds")
    assert (about["camera"], about["unique_id"]) == ("mono", "mono-fake")
    assert (about["timestamp_ns"], about["pixel_format"]) == (str(FIXED_TIME), "Mono8")
    assert about["sequence"] == str(result["sequence"])
    assert "Comment" not in about


def test_a_raw_image_is_said_to_be_one(running: RigOnDisk) -> None:
    done = running.run_here("snapshot", "bayer-fake", "b.PNG")
    assert done.stdout == "bayer: saved to b.PNG, 6x4 BayerRG8, raw: each pixel has one colour\n"
    path = running.folder / "b.PNG"
    assert (read(path) == FIXED_IMAGE).all()
    assert texts(path.read_bytes())["Comment"].startswith("raw")
    path.unlink()


def test_it_is_the_image_that_a_client_gets(running: RigOnDisk) -> None:
    assert running.ask("plug", camera="scene")["ok"]
    path = running.folder / "scene.png"
    with subscribe(running.camera("scene")["pub_address"], newest=False) as frames:
        next(frames)

        def saved() -> Frame | None:
            done = running.run_here("snapshot", "scene", path.name, "--force", "--json")
            taken = json.loads(done.stdout)[0]["timestamp"]
            frame = next(frame for frame in frames if frame.timestamp >= taken)
            return frame if frame.timestamp == taken else None

        frame = wait_for(saved, "an image that the client got too")
    assert frame
    assert (read(path) == frame.image).all()


def test_capital_s_does_the_same_in_the_tui_and_copies_the_paths(running: RigOnDisk) -> None:
    paths = [running.folder / f"{name}-{WHEN:%Y%m%d-%H%M%S}-123.png" for name in ("mono", "bayer")]
    with TerminalTui(running, columns=200) as tui:
        tui.shows("> ", "bayer", "capturing")
        tui.press("mmS")
        tui.shows("mono: saved to", "bayer: saved to", "-123.png, 6x4 Mono8", "raw: each pixel")
        copied = re.search(r"\x1b]52;c;([A-Za-z0-9+/=]+)\x07", tui.sent)
    assert copied
    assert base64.b64decode(copied[1]).decode().split("\n") == [str(path) for path in paths]
    for path in paths:
        assert (read(path) == FIXED_IMAGE).all()
        assert texts(path.read_bytes())["timestamp_ns"] == str(FIXED_TIME)


def test_one_that_gives_no_image_keeps_the_others_from_nothing(running: RigOnDisk) -> None:
    folder = running.folder / "all"
    folder.mkdir()
    done = running.run_here("snapshot", "all", "all/", "--wait", "0.5")
    assert done.returncode == 1
    assert "trig: no image came within 0.5 s: waiting for trigger" in done.stdout
    assert sorted(each.name.split("-")[0] for each in folder.iterdir()) == [
        "bayer",
        "mono",
        "scene",
    ]
    shutil.rmtree(folder)


def test_a_file_is_replaced_on_demand_alone_and_nothing_is_left_behind(running: RigOnDisk) -> None:
    path = running.folder / "taken.png"
    path.write_text("mine")
    before = set(running.folder.iterdir())
    done = running.run_here("snapshot", "mono", "taken.png")
    assert done.stdout == "mono: not saved: taken.png exists; --force replaces it\n"
    assert done.returncode == 1
    assert path.read_text() == "mine"
    assert running.run_here("snapshot", "mono", "taken.png", "--force").returncode == 0
    assert (read(path) == FIXED_IMAGE).all()
    assert set(running.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["mono", "missing/"], 1, "there is no folder missing; make it"),
        (["mono", "/proc/x.png"], 1, "/proc/x.png cannot be written: "),
        (["mono", f"{'x' * 300}.png"], 1, "cannot be written: File name too long"),
        (["nobody"], 1, "there is no camera 'nobody'"),
        (["mono", "bayer", "one.png"], 2, "one file holds one image, and 2 cameras are named"),
        (["mono", "-", "--json"], 2, "an image does not go to stdout"),
        (["mono", "--wait", "0"], 2, "a number of seconds above 0"),
    ],
)
def test_what_cannot_be_done_is_said(
    running: RigOnDisk, words: list[str], code: int, reason: str
) -> None:
    before = set(running.folder.iterdir())
    done = running.run_here("snapshot", *words)
    assert done.returncode == code
    assert reason in done.stdout + done.stderr
    assert set(running.folder.iterdir()) == before


def test_stdout_takes_it_too(running: RigOnDisk) -> None:
    done = subprocess.run(
        running.command("snapshot", "mono", "-"),
        env=running.environment,
        cwd=running.folder,
        capture_output=True,
        check=True,
    )
    decoded = cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert (decoded == FIXED_IMAGE).all()


def test_where_stdout_takes_nothing_that_is_said(running: RigOnDisk) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            running.command("snapshot", "mono", "-"),
            env=running.environment,
            cwd=running.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "pmv-tui: the output cannot be written: No space left on device\n"


def an_image(pixels: NDArray[np.uint8], camera: str = "left") -> Image:
    """Describe an image as an engine does."""
    return Image(
        camera=camera,
        unique_id="left-simulated",
        sequence=7,
        timestamp=FIXED_TIME,
        size=(pixels.shape[1], pixels.shape[0]),
        pixel_format="Mono8",
        notice="",
        pixels=pixels.tobytes(),
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (481, 641)])
def test_any_image_is_read_back_as_it_was(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    decoded = cv2.imdecode(np.frombuffer(png(an_image(pixels)), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert (decoded == pixels).all()


def test_a_name_that_is_no_latin_is_in_the_file_as_it_is() -> None:
    about = texts(png(an_image(FIXED_IMAGE, camera="左の鼻 👃")))
    assert about["camera"] == "左の鼻 👃"
    assert about["Title"] == "左の鼻 👃 (left-simulated)"


@pytest.mark.parametrize(
    ("camera", "begins"),
    [
        ("left", "left-2023"),
        ("../../etc/x", "etc_x-2023"),
        ("a/b c:d\n", "a_b_c_d-2023"),
        ("...", "camera-2023"),
        ("--force", "force-2023"),
        ("鼻", "鼻-2023"),
    ],
)
def test_a_file_is_called_as_the_camera_as_far_as_a_path_allows(camera: str, begins: str) -> None:
    assert file_name(camera, FIXED_TIME).startswith(begins)
    assert "/" not in file_name(camera, FIXED_TIME)
    assert len(file_name("鼻" * 200, FIXED_TIME).encode()) < 200


def test_cameras_whose_names_are_one_in_a_path_are_called_by_their_ids() -> None:
    names = ["..", ".", "", "a/b", "a b", "left", "n" * 130, "n" * 131]
    cameras: Any = [
        {"name": name, "unique_id": f"{number}-basler"} for number, name in enumerate(names)
    ]
    files = {file_name(each, FIXED_TIME) for each in names_for_files(cameras).values()}
    assert len(files) == len(names)
    assert names_for_files(cameras)["5-basler"] == "left"


def test_what_a_file_says_is_read_from_it() -> None:
    image = an_image(FIXED_IMAGE, camera="左の鼻 👃")
    assert read_png(png(image)) == {**image, "pixels": None}


def test_a_file_that_is_not_whole_or_no_image_of_ours_is_refused() -> None:
    data = png(an_image(FIXED_IMAGE))
    for size in (0, 1, 8, 20, len(data) // 2, len(data) - 1):
        with pytest.raises(NotPngError):
            read_png(data[:size])
    for place in range(9, len(data), 97):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(NotPngError):
            read_png(bytes(changed))
    with pytest.raises(NotPngError, match="end"):
        read_png(data + b"x")
    _, plain = cv2.imencode(".png", FIXED_IMAGE)
    with pytest.raises(NotPngError, match="whose image"):
        read_png(plain.tobytes())
