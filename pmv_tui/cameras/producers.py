"""GenTL producers: other makers' drivers, which an SDK loads from the folders of a variable."""

import os
import shutil
import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "GENICAM_GENTL64_PATH"
"""Names the folders, with colons between them. The standard's: "GenICam GenTL", 4.2."""


def listed(environment: Mapping[str, str]) -> list[Path]:
    """List the producers of an environment: files whose names end in `.cti`."""
    return [file for folder in _folders(environment) for file in sorted(Path(folder).glob("*.cti"))]


def without(environment: Mapping[str, str], files: Container[str]) -> dict[str, str]:
    """Return an environment without the folders in which any of these files lies."""
    kept = [
        folder
        for folder in _folders(environment)
        if not any(str(file) in files for file in Path(folder).glob("*.cti"))
    ]
    return {**environment, VARIABLE: os.pathsep.join(kept)}


@contextmanager
def each_alone(files: Iterable[Path]) -> Iterator[dict[str, dict[str, str]]]:
    """Make an environment for each producer in which there is no other, while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="pmv-tui-") as folder:
        environments = {}
        for number, file in enumerate(files):
            alone = Path(folder) / str(number)
            alone.mkdir()
            # pylon takes no links; the libraries that lie beside the file are found all the same.
            shutil.copy(file, alone)
            beside = [str(file.parent), os.environ.get("LD_LIBRARY_PATH", "")]
            environments[str(file)] = {
                **os.environ,
                VARIABLE: str(alone),
                "LD_LIBRARY_PATH": os.pathsep.join(filter(None, beside)),
            }
        yield environments


def _folders(environment: Mapping[str, str]) -> list[str]:
    return [folder for folder in environment.get(VARIABLE, "").split(os.pathsep) if folder]
