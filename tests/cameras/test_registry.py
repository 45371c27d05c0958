"""The registry: back ends by name, each on its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pmv_tui.cameras.base import CameraError
from pmv_tui.cameras.registry import backend_names, get_backend, open_camera
from pmv_tui.config.schema import CameraConfig
from tests.cameras.helpers import grab_one
from tests.support import DEADLINE, OWN_CAMERAS

SEARCH = """
import json
from pmv_tui.cameras.search import searches
print(json.dumps({
    result.backend: {
        "cameras": [camera.unique_id for camera in result.cameras],
        "trouble": result.trouble and [result.trouble.reason, result.trouble.remedy],
    }
    for result in searches.search()
}))
"""

OPEN_SIMULATED = """
import sys
from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.registry import open_camera
from pmv_tui.config.schema import CameraConfig
camera = open_camera(CameraConfig(unique_id="left-simulated"))
print(camera.grab(5).image.shape, "cv2" in sys.modules, "pypylon" in sys.modules)
try:
    open_camera(CameraConfig(unique_id="left-simulated", source=__file__))
except BackendUnavailable as trouble:
    print(trouble.remedy)
"""

ASK_TWICE_THEN_REPAIR = """
import sys
from pathlib import Path
from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import require_cv2
binary, real = map(Path, sys.argv[1:])
path = list(sys.path)
for _ in range(2):
    try:
        require_cv2()
    except BackendUnavailable as trouble:
        print(trouble)
assert sys.path == path
binary.unlink()
binary.symlink_to(real)
require_cv2()
"""


OPEN_NOISE = """
from pmv_tui.cameras.base import RestartNeeded
from pmv_tui.cameras.registry import open_camera
from pmv_tui.config.schema import CameraConfig
config = CameraConfig(unique_id="7-noise", fps=500.0)
camera = open_camera(config)
image = camera.grab(5).image
print(image.shape, image.dtype)
assert camera.settings() == ()
try:
    camera.apply(config)
except RestartNeeded as needed:
    print(needed)
camera.close()
"""


def run(folder: Path, code: str, *arguments: str) -> str:
    """Run a script in a Python that finds modules of the folder before installed ones."""
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), *arguments],
        env={
            **os.environ,
            "PYTHONPATH": f"{OWN_CAMERAS}{os.pathsep}{folder}",
            "PYLON_CAMEMU": "2",
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_library(folder: Path, module: str, library: str) -> None:
    """Make a module fail as it does where a shared library is missing."""
    message = f"{library}: cannot open shared object file: No such file or directory"
    (folder / f"{module}.py").write_text(f"raise ImportError({message!r})\n")


def search(folder: Path) -> dict[str, Any]:
    if not (folder / "gi.py").exists():  # a search by Aravis takes a second
        (folder / "gi.py").write_text("raise ImportError('not in this test')\n")
    found: dict[str, Any] = json.loads(run(folder, SEARCH))
    return found


def test_every_back_end_is_known_by_its_name() -> None:
    names = [get_backend(name).name for name in backend_names()]
    assert names == ["simulated", "opencv", "basler", "aravis"]


def test_a_camera_is_opened_by_the_back_end_its_id_ends_in() -> None:
    camera = open_camera(CameraConfig(unique_id="top-left-simulated", width=64, height=48))
    assert grab_one(camera).image.shape == (48, 64)
    camera.close()


def test_an_unknown_back_end_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CameraError, match=r"'nikon'; .*-simulated, -opencv, -basler, -aravis"):
        open_camera(CameraConfig(unique_id="7-nikon"))


def test_without_a_library_of_opencv_the_others_work_and_the_cure_is_reported(
    tmp_path: Path,
) -> None:
    without_library(tmp_path, "cv2", "libGL.so.1")
    found = search(tmp_path)
    reason, remedy = found["opencv"]["trouble"]
    assert "libGL.so.1" in reason
    assert "apt-get install libgl1 libglib2.0-0 libsm6" in remedy
    assert found["basler"] == {
        "cameras": ["0815-0000-basler", "0815-0001-basler"],
        "trouble": None,
    }
    assert found["simulated"]["trouble"] is None


def test_the_built_in_scene_needs_no_opencv_and_a_picture_says_that_it_does(tmp_path: Path) -> None:
    without_library(tmp_path, "cv2", "libGL.so.1")
    said = run(tmp_path, OPEN_SIMULATED).splitlines()
    assert said == ["(480, 640) False False", "try: apt-get install libgl1 libglib2.0-0 libsm6"]


def test_without_pylon_the_others_work_and_the_cure_is_reported(tmp_path: Path) -> None:
    (tmp_path / "pypylon.py").write_text("raise ImportError('no pylon here')\n")
    without_library(tmp_path, "cv2", "libGL.so.1")
    found = search(tmp_path)
    assert "no pylon here" in found["basler"]["trouble"][0]
    assert "pip install" in found["basler"]["trouble"][1]
    assert found["simulated"]["trouble"] is None


@pytest.mark.parametrize(
    ("module", "reason", "remedy"),
    [
        ("raise ImportError('no gi here')", "no gi here", "pip install 'PyGObject>=3.42,<3.52'"),
        (
            "def require_version(*_): raise ValueError('Namespace Aravis not available')",
            "Namespace Aravis not available",
            "try: apt-get install gir1.2-aravis-0.8",
        ),
    ],
    ids=["without PyGObject", "without Aravis"],
)
def test_without_aravis_the_others_work_and_the_cure_is_reported(
    tmp_path: Path, module: str, reason: str, remedy: str
) -> None:
    (tmp_path / "gi.py").write_text(f"{module}\n")
    without_library(tmp_path, "cv2", "libGL.so.1")
    found = search(tmp_path)
    trouble = found["aravis"]["trouble"]
    assert reason in trouble[0]
    assert remedy in trouble[1]
    assert "gir1.2-aravis-0.8" in trouble[1]
    assert found["simulated"]["trouble"] is None


def install(folder: Path, name: str, module: str, **entry_points: str) -> None:
    """Install a package of one module as pip does: with the metadata that it is found by."""
    (folder / f"{name}.py").write_text(module)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{backend} = {target}" for backend, target in entry_points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[pmv_tui.cameras]", *lines, ""]))


def example() -> str:
    """Take the example of another package's back end out of the documentation."""
    page = (Path(__file__).parents[2] / "docs" / "cameras.md").read_text()
    return page.partition("## Your own back end")[2].partition("```python\n")[2].partition("```")[0]


def test_the_documented_back_end_of_another_package_gives_frames(tmp_path: Path) -> None:
    install(tmp_path, "noise_cameras", example(), noise="noise_cameras:NoiseBackend")
    without_library(tmp_path, "cv2", "libGL.so.1")
    assert search(tmp_path)["noise"] == {"cameras": ["7-noise"], "trouble": None}
    assert run(tmp_path, OPEN_NOISE).splitlines() == [
        "(480, 640) uint8",
        "the config cannot be changed while the camera streams",
    ]


def test_a_back_end_that_fails_is_reported_and_hides_no_other(tmp_path: Path) -> None:
    install(tmp_path, "a_broken", "raise OSError('no SDK here')\n", broken="a_broken:Backend")
    failing = "class Backend:\n    def discover(self):\n        raise ZeroDivisionError('oh')\n"
    install(tmp_path, "b_failing", failing, failing="b_failing:Backend")
    install(tmp_path, "c_noise", example(), noise="c_noise:NoiseBackend")
    without_library(tmp_path, "cv2", "libGL.so.1")
    found = search(tmp_path)
    reason, remedy = found["broken"]["trouble"]
    assert reason == "the back end 'broken' cannot be loaded: OSError: no SDK here"
    assert remedy == "update or remove the package that brings a_broken:Backend"
    assert found["failing"]["trouble"][0] == "the search failed: ZeroDivisionError: oh"
    assert found["noise"]["cameras"] == ["7-noise"]
    assert found["simulated"]["trouble"] is None


def test_a_built_in_name_cannot_be_taken_over(tmp_path: Path) -> None:
    names = {"simulated": "thief:NoiseBackend", "with-dash": "thief:NoiseBackend"}
    install(tmp_path, "thief", example(), **names)
    without_library(tmp_path, "cv2", "libGL.so.1")
    assert "with-dash" not in search(tmp_path)
    assert run(tmp_path, OPEN_SIMULATED).startswith("(480, 640) False False")


@pytest.mark.usefixtures("opencv")
def test_opencv_is_tried_again_after_it_failed(tmp_path: Path) -> None:
    """OpenCV's own loader would take the second try for a recursion."""
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    package = Path(cv2.__file__).parent
    copy = tmp_path / "cv2"
    copy.mkdir()
    for file in package.iterdir():
        (copy / file.name).symlink_to(file)
    # The libraries that OpenCV brings are looked for beside its folder.
    for libraries in package.parent.glob("opencv_python*.libs"):
        (tmp_path / libraries.name).symlink_to(libraries)
    # The loader follows links to find its own folder: this one must be the copy.
    (copy / "__init__.py").unlink()
    (copy / "__init__.py").write_bytes((package / "__init__.py").read_bytes())
    (binary,) = copy.glob("cv2*.so")
    real = binary.resolve()
    binary.unlink()
    binary.write_bytes(b"not a library")

    said = run(tmp_path, ASK_TWICE_THEN_REPAIR, str(binary), str(real)).splitlines()
    assert len(said) == 2, said
    assert said[0] == said[1]
    assert "OpenCV cannot be loaded" in said[0]
