"""Textual's private names: which are used, and that its version is the one they were read in."""

import ast
import importlib
import pkgutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from inspect import getmembers, isclass, isfunction
from pathlib import Path
from types import ModuleType

from pmv_tui import tui

PROJECT = Path(__file__).parents[2]

USED = {
    "_action_command_list",
    "_bindings",
    "_bindings_ready",
    "_display",
    "_driver",
    "_handle_exception",
    "_move_page",
    "_notifications",
    "_on_key",
    "_query_in_band_window_resize",
    "_refresh_notifications",
    "_shutdown",
    "_stop_busy_countdown",
    "_stop_no_matches_countdown",
    "_toast_id",
    "textual._ansi_sequences.ANSI_SEQUENCES_KEYS",
    "textual._compositor.ChopsUpdate",
    "textual._compositor.LayoutUpdate",
    "textual._xterm_parser.XTermParser",
    "textual.widgets._footer.FooterKey",
    "textual.widgets._toast.ToastHolder",
    "textual.widgets._toast.ToastRack",
}
"""In its version 8.2.8."""

OF_NAMED_TUPLES = {"_asdict", "_replace"}


def modules() -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        yield importlib.import_module(each.name)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def imported_or_looked_up() -> set[str]:
    """Find private names that are imported of Textual, or looked up and made nowhere here."""
    imported, looked_up, ours = set(), set(), set(OF_NAMED_TUPLES)
    for module in modules():
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
            match node:
                case ast.ImportFrom(module=str(source), names=names) if (
                    source.startswith("textual") and "._" in source
                ):
                    imported |= {f"{source}.{each.name}" for each in names}
                case ast.Attribute(attr=name, ctx=ast.Load()) if is_private(name):
                    looked_up.add(name)
                case (
                    ast.Attribute(attr=name, ctx=ast.Store())
                    | ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.AnnAssign(target=ast.Name(id=name))
                ):
                    ours.add(name)
    return imported | (looked_up - ours)


def overridden() -> set[str]:
    """Find private methods of Textual's classes that classes here have in their place."""
    found = set()
    for module in modules():
        for _, cls in getmembers(module, isclass):
            bases = [each for each in cls.__mro__ if each.__module__.startswith("textual")]
            found |= {
                name
                for name, method in vars(cls).items()
                if is_private(name) and isfunction(method) and method.__module__ == module.__name__
                if any(name in vars(base) for base in bases)
            }
    return found


def test_the_private_names_that_are_used_are_those_of_the_pinned_version() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    installed = f"textual=={version('textual')}"
    assert installed in project["dependencies"], (
        f"{installed} is installed: see that each of these names still means in it what it did, "
        f"then pin it in pyproject.toml and constraints.txt: {', '.join(sorted(USED))}"
    )
    assert imported_or_looked_up() | overridden() == USED
