"""Adds rigs to the user's rigs.toml and takes them out: the rest of the file stays as it is."""

import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pmv_tui.config.locate import ConfigError, real_path
from pmv_tui.config.save import SaveError, not_saved, refuse_unwritable, replaced_text
from pmv_tui.config.toml_text import append_table, read_text, remove_table, toml
from pmv_tui.rigs.listed import REQUIRED, ListedRig, NoSuchRig, check_list, rigs_path, why_not_added

AGAIN = "try again"


def add_rig(rig: ListedRig, path: Path | None = None) -> Path:
    """List one more rig; return the file, by default the user's.

    Raises
    ------
    ConfigError : the list has mistakes.
    SaveError : the rig cannot be listed so, or the file cannot be written.
    """
    path = path or rigs_path()
    block = {key: text for key, text in asdict(rig).items() if text or key in REQUIRED}

    def add(text: str, wanted: list[Any]) -> str:
        if why := why_not_added(block, wanted, path):
            raise SaveError(f"not saved: {why}")
        wanted.append(block)
        return append_table(text, "rigs", block)

    _change(path, add)
    return path


def remove_rig(name: str, path: Path | None = None) -> Path:
    """Take a rig off the list; return the file, by default the user's.

    Raises
    ------
    NoSuchRig : none is called so.
    ConfigError : the list has mistakes.
    SaveError : the file cannot be written.
    """
    path = path or rigs_path()

    def remove(text: str, wanted: list[Any]) -> str:
        names = [block["name"] for block in wanted]
        if name not in names:
            raise NoSuchRig(f"{path} lists no rig {name!r}; it lists: {', '.join(names) or 'none'}")
        index = names.index(name)
        del wanted[index]
        return remove_table(text, "rigs", index)

    _change(path, remove)
    return path


def _change(path: Path, edit: Callable[[str, list[Any]], str]) -> None:
    """Change the text, see that it says what is wanted and no more, and save it.

    Parameters
    ----------
    edit : is given the text and its rigs; changes these, and returns the text that says so.
    """
    before = read_text(path)
    check_list(path, before)
    refuse_unwritable(real_path(path))
    wanted = toml(before or "")
    after = edit(before or "", wanted.setdefault("rigs", []))
    try:
        exact = toml(after).get("rigs", []) == wanted["rigs"]
    except tomllib.TOMLDecodeError:
        exact = False
    if not exact:
        raise SaveError(
            f"not saved: {path} is written in a form that cannot be changed safely; edit it by hand"
        )
    try:
        check_list(path, after)
    except ConfigError as error:
        raise not_saved(error) from error
    with replaced_text(path, before, after, AGAIN) as put:
        put()
