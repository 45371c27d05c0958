"""Cameras: what is connected for each back end, and what the config lists and is not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pmv_tui.cameras import BUILT_IN
from pmv_tui.config.schema import CameraConfig
from pmv_tui.doctor.examined import SDK_BACKENDS, Examined
from pmv_tui.doctor.finding import Finding, error, note, ok, warning


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what a search found, and which of the config's cameras it did not."""
    search = examined.search.result()
    for backend in search.backends:
        yield _of_backend(backend, [each.backend for each in examined.config.cameras])
    for camera in examined.config.cameras:
        yield from _listed(camera, examined)


def _of_backend(backend: dict[str, Any], configured: list[str]) -> Finding:
    name = backend["backend"]
    if not backend["available"]:
        tell = error if name in configured else warning if backend.get("died") else note
        return tell(f"{name} cameras cannot be used: {backend['reason']}", backend["remedy"])
    found = ", ".join(each["unique_id"] for each in backend["cameras"])
    return ok(f"{name}: {found or BUILT_IN.get(name, 'usable, no camera found')}")


def _listed(camera: CameraConfig, examined: Examined) -> Iterator[Finding]:
    """Tell what a camera of the config lacks."""
    search = examined.search.result()
    usable = {each["backend"] for each in search.backends if each["available"]}
    if camera.backend in SDK_BACKENDS:
        # By its user-defined name a camera is not always known before it is opened.
        if camera.device:
            return
        if camera.backend in usable and camera.unique_id not in search.links:
            yield error(
                f"{camera.label} ({camera.unique_id}) is listed and not connected",
                "check its cable, power and serial number, or take it out of the config",
            )
    elif isinstance(camera.source, str) and "://" not in camera.source:
        if not Path(camera.source).exists():
            yield error(f"{camera.label}: there is no {camera.source}", "correct its source")
    elif search.backends and camera.backend not in {each["backend"] for each in search.backends}:
        yield error(
            f"{camera.label}: there is no camera back end {camera.backend!r}",
            "correct the end of its unique_id, or install the package that brings it",
        )
