"""Installs the fake back end for a rig's engine, and directs its cameras."""

import shutil
from pathlib import Path

from tests.support import RigOnDisk


def install(rig: RigOnDisk) -> None:
    """Put the fake back end where the rig's engine finds it, as another package's."""
    package = rig.folder / "site"
    about = package / "fakecameras-1.0.dist-info"
    about.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("fake_backend.py"), package / "fakecameras.py")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fakecameras\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[pmv_tui.cameras]\nfake = fakecameras:FakeBackend\n")
    rig.add_modules(package)
    rig.search_with("fake")


def set_mood(rig: RigOnDisk, serial: str, mood: str) -> None:
    """Write what a fake camera does from now on; at once, for it may be looking."""
    written = rig.folder / "mood"
    written.write_text(mood)
    written.rename(rig.folder / serial)
