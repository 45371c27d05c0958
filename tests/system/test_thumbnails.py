"""Thumbnails of a real engine: they show the scene, and what scripts found in it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zmq
from numpy.typing import NDArray

from pmv_tui.client import Frame, boxes, subscribe
from tests.support import SMALL, RigOnDisk, free_ports, simulated, wait_for
from tests.system.script import Script


class Watched:
    """A rig with one camera, asked for thumbnails."""

    def __init__(self, rig: RigOnDisk, script: Script, pub: int, pull: int) -> None:
        self.rig, self.script, self.pub, self.pull = rig, script, pub, pull

    def ask(
        self, known: int = 0, width: int = 40, height: int = 40, **further: Any
    ) -> dict[str, Any]:
        """Ask for the camera's thumbnail."""
        request = {"command": "thumbnails", "cameras": {"left-simulated": known}}
        answer = self.script.ask({**request, "width": width, "height": height, **further})
        assert answer["ok"], answer
        (thumbnail,) = answer["thumbnails"]
        return dict(thumbnail)

    def image(self, **how: Any) -> dict[str, Any]:
        """Ask until there is an image."""

        def with_pixels() -> dict[str, Any] | None:
            answer = self.ask(**how)
            return answer if answer["pixels"] else None

        return wait_for(with_pixels, "an image") or {}


def pixels(thumbnail: dict[str, Any]) -> NDArray[np.uint8]:
    width, height = thumbnail["size"]
    return np.frombuffer(thumbnail["pixels"], np.uint8).reshape(height, width)


@pytest.fixture
def watched(rig: RigOnDisk) -> Iterator[Watched]:
    pub, pull = free_ports(2)
    # Few frames a second: two questions one after the other meet the same one.
    rig.write_config(simulated("left", pub, pull, fps=5))
    context = zmq.Context[zmq.Socket[bytes]]()
    with rig.serve("--plug-all"):
        script = Script(rig.control_path(), context)
        yield Watched(rig, script, pub, pull)
        script.close()
    context.term()


def same(watched: Watched, **asked: Any) -> tuple[Frame, dict[str, Any]]:
    """Return an image that a client got, and its thumbnail."""
    watched.ask(**asked)
    with subscribe(f"tcp://localhost:{watched.pub}") as frames:
        for frame in frames:
            thumbnail = watched.ask(**asked)
            if thumbnail["timestamp"] == frame.timestamp:
                break
    return frame, thumbnail


def test_it_is_the_image_that_a_client_gets_only_small(watched: Watched) -> None:
    frame, thumbnail = same(watched)
    assert thumbnail["image_size"] == [640, 480]
    assert thumbnail["size"] == [40, 30]
    means = frame.image.reshape(30, 16, 40, 16).mean(axis=(1, 3))
    assert np.abs(pixels(thumbnail) - means).mean() < 2
    # Of several that are as bright once they are rounded, either may be the first.
    assert means.ravel()[pixels(thumbnail).argmax()] > means.max() - 1


def test_a_region_is_the_images_own_pixels_with_its_figures(watched: Watched) -> None:
    asked = {"regions": {"left-simulated": [600, 200, 90, 30]}, "figures": ["left-simulated"]}
    frame, thumbnail = same(watched, **asked, saturated=["left-simulated"])
    assert (thumbnail["region"], thumbnail["size"]) == ([600, 200, 40, 30], [40, 30])
    assert thumbnail["image_size"] == [640, 480]
    part = frame.image[200:230, 600:640]
    assert (pixels(thumbnail) == part).all()
    marks = np.unpackbits(np.frombuffer(thumbnail["saturated"], np.uint8), count=part.size)
    assert (marks.reshape(part.shape) == (part == 255)).all()
    figures = thumbnail["figures"]
    assert figures["histogram"] == np.bincount(part.ravel(), minlength=256).tolist()
    assert figures["saturated"] == (part == 255).mean()


def test_figures_are_of_a_new_frame(watched: Watched) -> None:
    def twice() -> dict[str, Any] | None:
        known = watched.image(figures=["left-simulated"])
        assert known["figures"]["counted"] == 640 * 480
        again = watched.ask(known=known["sequence"], figures=["left-simulated"])
        return again if again["sequence"] == known["sequence"] else None

    again = wait_for(twice, "the same frame twice")
    assert again
    assert again["figures"] is None
    assert "figures" not in watched.ask()


def test_an_image_is_the_one_that_a_client_gets(watched: Watched) -> None:
    watched.script.ask({"command": "image", "camera": "left"})
    with subscribe(f"tcp://localhost:{watched.pub}") as frames:
        for frame in frames:
            image = watched.script.ask({"command": "image", "camera": "left"})["image"]
            if image["timestamp"] == frame.timestamp:
                break
    assert (image["camera"], image["unique_id"]) == ("left", "left-simulated")
    assert (image["size"], image["pixel_format"]) == ([640, 480], "Mono8")
    assert image["pixels"] == frame.image.tobytes()


def test_a_frame_that_one_has_is_not_sent_again(watched: Watched) -> None:
    def twice() -> dict[str, Any] | None:
        first = watched.image()
        again = watched.ask(known=first["sequence"])
        return again if again["sequence"] == first["sequence"] else None

    thumbnail = wait_for(twice, "the same frame twice")
    assert thumbnail
    assert thumbnail["pixels"] is None
    assert watched.image(known=thumbnail["sequence"])["sequence"] > thumbnail["sequence"]


def test_boxes_of_scripts_come_along(watched: Watched) -> None:
    with boxes(f"tcp://localhost:{watched.pull}") as marks:

        def drawn() -> list[Any]:
            marks.send(((100, 50), (300, 250)), label="mouse", color=(255, 0, 0))
            overlays: list[Any] = watched.ask()["overlays"]
            return overlays

        (box,) = wait_for(drawn, "the box")
    assert box["corners"] == [100, 50, 300, 250]
    assert (box["label"], box["color"]) == ("mouse", [255, 0, 0])


def test_an_image_that_is_not_live_says_why(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2), more=f"{SMALL}\nexternal_trigger = true"))
    context = zmq.Context[zmq.Socket[bytes]]()
    with rig.serve():
        script = Script(rig.control_path(), context)
        watched = Watched(rig, script, 0, 0)
        why = "waiting for trigger: no trigger for "
        wait_for(lambda: watched.ask()["notice"].startswith(why), "the reason")
        assert watched.ask()["pixels"] is None
        script.close()
    context.term()


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"cameras": {"left": 0}, "width": 801, "height": 100}, "at most 800x600"),
    ({"cameras": {"left": 0}, "width": 0, "height": 100}, "at least 1x1"),
    ({"cameras": {"left": "0"}, "width": 40, "height": 30}, "numbers of frames"),
    ({"cameras": {b"left": 0}, "width": 40, "height": 30}, "map names"),
    ({"cameras": {"right": 0}, "width": 40, "height": 30}, "no camera 'right'"),
    ({"cameras": ["left"], "width": 40, "height": 30}, "no command"),
    (
        {"cameras": {"left": 0}, "width": 40, "height": 30, "regions": {"left": [0, 0, 0, 9]}},
        'the region of "left" must be',
    ),
    (
        {"cameras": {"left": 0}, "width": 40, "height": 30, "figures": ["right"]},
        'figures: "right" is not among the cameras',
    ),
    ({"cameras": {"left": 0}, "width": 40.5, "height": 30}, "no command"),
]


def test_a_malformed_question_is_refused_with_a_reason(watched: Watched) -> None:
    for arguments, reason in MALFORMED:
        answer = watched.script.ask({"command": "thumbnails", **arguments})
        assert not answer["ok"]
        assert reason in answer["error"]
    assert watched.image()
