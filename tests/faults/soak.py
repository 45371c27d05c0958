"""A rig's life for as long as one likes, and what the engine takes meanwhile: `make soak`."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.faults.clients import assert_draws
from tests.faults.curve import draw
from tests.faults.rig import FaultRig, Usage, fault_rig
from tests.faults.stranger import run_stranger
from tests.system.fake_cameras import set_mood

INTERVAL = 1.0
"""Seconds between two samples."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the engine took at one moment, and what clients had missed until then.

    Parameters
    ----------
    at : seconds since the soak's begin.
    lost : images of the cameras that nothing befell.
    """

    at: float
    usage: Usage
    lost: int


def clients_come_and_go(rig: FaultRig) -> None:
    """Let fifty clients take an image each."""
    run_stranger("come-and-go", rig.pub["left"], 50)


def boxes_are_drawn(rig: FaultRig) -> None:
    """Send a box to each camera until it is drawn."""
    for name in rig.pull:
        assert_draws(rig, name)


def a_camera_is_replugged(rig: FaultRig) -> None:
    """Release and bind one camera's sockets, pause it and let it go on."""
    for command in ("unplug", "plug", "pause", "resume"):
        rig.answer(command, camera="odd")


def a_camera_goes_and_is_back(rig: FaultRig) -> None:
    """Pull one camera's cable and put it back."""
    set_mood(rig, "odd", "absent")
    rig.shown("odd", "lost: ")
    set_mood(rig, "odd", "")
    rig.shown("odd", "capturing")


def a_setting_is_changed(rig: FaultRig) -> None:
    """Change a camera's exposure time, and change it back."""
    for exposure_time in (5000.0, 15000.0):
        rig.answer("set", camera="left", changes={"exposure_time": exposure_time})


LIFE: tuple[Callable[[FaultRig], None], ...] = (
    clients_come_and_go,
    boxes_are_drawn,
    a_camera_is_replugged,
    a_setting_is_changed,
    a_camera_goes_and_is_back,
)
"""What happens on the rig, one thing between two samples."""


def soak(rig: FaultRig, seconds: float, *, interval: float = INTERVAL) -> list[Sample]:
    """Let things happen on a rig for some time, each of them at least three times.

    Parameters
    ----------
    seconds : how long, at least.
    interval : seconds between two samples, at least.

    Returns
    -------
    The samples.
    """
    begin = time.monotonic()
    missed = _missed(rig)
    samples: list[Sample] = []
    for happens in cycle(LIFE):
        at = time.monotonic() - begin
        samples.append(Sample(at, rig.usage(), _missed(rig) - missed))
        if at > seconds and len(samples) > 3 * len(LIFE):
            return samples
        happens(rig)
        time.sleep(max(0.0, begin + at + interval - time.monotonic()))
    raise AssertionError("a cycle does not end")


def growth(samples: list[Sample]) -> float:
    """Return the bytes by which the memory of the last third is above that of the second one."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    return statistics.median(each.usage.memory for each in last) - statistics.median(
        each.usage.memory for each in middle
    )


def _missed(rig: FaultRig) -> int:
    return sum(stream.missing for name, stream in rig.counters.report().items() if name != "odd")


def main() -> int:
    """Soak for as long as is asked, print the samples' summary, and draw their curve."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="default: %(default)g")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="an SVG of the memory")
    options = parser.parse_args()
    with fault_rig(full=True) as rig:
        samples = soak(rig, options.minutes * 60)
    print(
        "| minute | memory, MB | descriptors | threads | images lost |\n| -: | -: | -: | -: | -: |"
    )
    for sample in samples[:: max(1, len(samples) // 20)]:
        usage = sample.usage
        print(
            f"| {sample.at / 60:.1f} | {usage.memory / 1e6:.1f} | {usage.descriptors} "
            f"| {usage.threads} | {sample.lost} |"
        )
    print(f"\nthe last third above the second: {growth(samples) / 1e6:+.2f} MB")
    if options.curve:
        points = [(each.at / 60, each.usage.memory / 1e6) for each in samples]
        options.curve.write_text(draw(points, "minutes", "MB"))
    return 0 if samples[-1].lost == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
