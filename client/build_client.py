"""Builds the wheel of the client library: those modules of pmv-tui that it imports, and no others.

A build backend of its own (PEP 517): which modules these are is found out, and stands in no list
that could be incomplete; and building it takes no other package, and no network.
"""

import ast
import base64
import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

HERE = Path(__file__).parent
SOURCES = HERE.parent
FIRST = "pmv_tui.client"
"""The package that scripts import."""

TAG = "py3-none-any"


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,  # noqa: ARG001 - as PEP 517 calls it
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Write the wheel; return its file name."""
    about = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    version = _version()
    stem = f"{about['name'].replace('-', '_')}-{version}"
    files = {str(path.relative_to(SOURCES)): path.read_bytes() for path in _needed()}
    files["pmv_tui/py.typed"] = b""
    info = f"{stem}.dist-info"
    files[f"{info}/licenses/LICENSE"] = (SOURCES / "LICENSE").read_bytes()
    files[f"{info}/METADATA"] = _metadata(about, version).encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: {HERE.name}\nRoot-Is-Purelib: true\nTag: {TAG}\n"
    ).encode()
    files[f"{info}/RECORD"] = "".join(_record(files, f"{info}/RECORD")).encode()
    name = f"{stem}-{TAG}.whl"
    with ZipFile(Path(wheel_directory) / name, "w", ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name


def _needed() -> Iterator[Path]:
    """Yield the files of the client's modules, and of all those of pmv-tui that they import."""
    waiting = [f"{FIRST}.{path.stem}" for path in (SOURCES / "pmv_tui" / "client").glob("*.py")]
    seen: set[Path] = set()
    while waiting:
        path = _file(waiting.pop())
        if path is None or path in seen:
            continue
        seen.add(path)
        yield path
        package = path.relative_to(SOURCES).parent.as_posix().replace("/", ".")
        waiting += [package, *_imported(path)]


def _file(module: str) -> Path | None:
    """Find a module of pmv-tui; None where a name stands for no module of its own."""
    place = SOURCES.joinpath(*module.removesuffix(".__init__").split("."))
    candidates = (place / "__init__.py", place.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _imported(path: Path) -> Iterator[str]:
    """Name what a file imports of pmv-tui; a name that is imported from a module may be one too."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.startswith("pmv_tui"))
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("pmv_tui"):
                yield module
                yield from (f"{module}.{each.name}" for each in names)


def _version() -> str:
    """Read pmv-tui's version."""
    for node in ast.parse((SOURCES / "pmv_tui" / "__init__.py").read_text()).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__version__")], value=ast.Constant(str(version))):
                return version
    raise LookupError("pmv_tui/__init__.py has no __version__")


def _metadata(about: dict[str, Any], version: str) -> str:
    """Write what pip reads."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {about['name']}",
        f"Version: {version}",
        f"Summary: {about['description']}",
        f"License-Expression: {about['license']}",
        "License-File: LICENSE",
        f"Requires-Python: {about['requires-python']}",
        *(f"Requires-Dist: {each}" for each in about["dependencies"]),
    ]
    return "\n".join(lines) + "\n"


def _record(files: dict[str, bytes], own: str) -> Iterator[str]:
    """List each file with its digest and its length, as a wheel does."""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        yield f"{path},sha256={digest},{len(content)}\n"
    yield f"{own},,\n"
