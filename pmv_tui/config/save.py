"""Saves changed settings of one camera: the rest of the file stays, byte for byte.

In steps, so that sockets can be moved in between: a plan that cannot fail for a reason known
beforehand, a new file that is written beside the old one, then the commit.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmv_tui.config import is_left_out
from pmv_tui.config.addresses import taken_by
from pmv_tui.config.load import LoadedConfig, check_text
from pmv_tui.config.locate import ConfigError, real_path
from pmv_tui.config.replace import ChangedMeanwhileError, obstacle, replacement
from pmv_tui.config.schema import SECTION_OF, addresses
from pmv_tui.config.toml_text import (
    NotTomlError,
    Value,
    append_table,
    read_text,
    remove_value,
    set_in_section,
    set_value,
    toml,
)


class SaveError(Exception):
    """The config was not saved, and the file is as it was; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change of the config file that was checked and not yet made: the file before, and after."""

    before: LoadedConfig
    after: LoadedConfig

    def commit(self) -> LoadedConfig:
        """Write the file, all of it or nothing; see `prepared`. Return what it now holds."""
        with self.prepared() as commit:
            return commit()

    @contextmanager
    def prepared(self) -> Iterator[Callable[[], LoadedConfig]]:
        """Write the new file beside the old one; the commit that is given has but to rename it.

        Raises
        ------
        SaveError : the file was changed in the meantime, or cannot be written; where there is no
            room, before the block.
        """
        with replaced_text(self.before.path, self.before.text, self.after.text or "") as put:

            def commit() -> LoadedConfig:
                put()
                return self.after

            yield commit


RELOAD = "pmv-tui reload applies what the file says now"
"""What to do about a config file that was changed meanwhile."""


@contextmanager
def replaced_text(
    path: Path, before: str | None, after: str, remedy: str = RELOAD
) -> Iterator[Callable[[], None]]:
    """Write a new file beside the one at a path; what is given has but to rename it.

    Parameters
    ----------
    before : what the file is taken to hold; None: there is none.
    remedy : what to do where it holds something else.

    Raises
    ------
    SaveError : as `PlannedChange.prepared` does.
    """
    _refuse_foreign_change(path, before, remedy)
    expected = None if before is None else before.encode()
    with _in_words(path, remedy), replacement(real_path(path), after.encode()) as new:

        def put() -> None:
            with _in_words(path, remedy):
                new.put_in_place(expected)

        yield put


def not_saved(error: ConfigError) -> SaveError:
    """Return why a text was not saved that has mistakes."""
    reasons = "; ".join(f"{problem.key}: {problem.text}" for problem in error.problems)
    return SaveError(f"not saved: {reasons}")


@contextmanager
def _in_words(path: Path, remedy: str) -> Iterator[None]:
    """Turn what a file system says into a SaveError."""
    try:
        yield
    except ChangedMeanwhileError:
        raise _changed(path, remedy) from None
    except OSError as error:
        text = f"{path} was not saved: {error.strerror}; it is as it was"
        raise SaveError(text) from error


def plan_change(
    loaded: LoadedConfig, unique_id: str, changes: Mapping[str, Value]
) -> PlannedChange:
    """Prepare new values for one camera; one that is not listed is added at the end of the file.

    Parameters
    ----------
    loaded : the config as it was read.
    unique_id : the camera's.
    changes : settings of that camera, or of `SECTION_OF`, by their key in the file; those of
        `OPTIONAL` are taken out of it by None or an empty text.

    Raises
    ------
    SaveError : the values are wrong or taken, the file was changed since it was read, or it
        cannot be written.
    """
    _refuse_foreign_change(loaded.path, loaded.text, RELOAD)
    refuse_unwritable(real_path(loaded.path))
    if "name" in changes:
        _refuse_taken_name(loaded, unique_id, str(changes["name"]))
    try:
        text = _edited(loaded.text or "", unique_id, changes)
    except NotTomlError as error:
        raise SaveError(f"not saved: {error}") from None
    try:
        after = check_text(loaded.path, text)
    except ConfigError as error:
        raise not_saved(error) from error
    _refuse_to_move_others(loaded, after, unique_id)
    return PlannedChange(loaded, after)


def _refuse_taken_name(loaded: LoadedConfig, unique_id: str, name: str) -> None:
    """Check that no other camera is called so; a check of the file would blame the later one."""
    label = name or unique_id.rpartition("-")[0]
    for other in loaded.config.cameras:
        if other.unique_id != unique_id and label in (other.label, other.unique_id):
            raise SaveError(f"not saved: {other.unique_id} is called {label}; choose another name")


def _edited(text: str, unique_id: str, changes: Mapping[str, Value]) -> str:
    """Change the text, and see that it now says the old settings plus the change, no more."""
    wanted = toml(text)
    for key, value in changes.items():
        if value != value:  # noqa: PLR0124 - so is no number alone
            raise SaveError(f"not saved: {key}: nan is not a number")
    for key in filter(changes.__contains__, SECTION_OF):
        text = set_in_section(text, SECTION_OF[key], key, changes[key])
        wanted.setdefault(SECTION_OF[key], {})[key] = changes[key]
    own = {key: value for key, value in changes.items() if key not in SECTION_OF}
    if own:
        text = _with_camera(text, unique_id, own, wanted.setdefault("cameras", []))
    try:
        exact = toml(text) == wanted
    except tomllib.TOMLDecodeError:
        exact = False
    if not exact:
        raise SaveError(
            "not saved: the file is written in a form that cannot be changed safely; "
            f"edit {f'the settings of {unique_id}' if own else ', '.join(changes)} by hand"
        )
    return text


def _with_camera(
    text: str, unique_id: str, changes: Mapping[str, Value], cameras: list[dict[str, Any]]
) -> str:
    """Change a camera in the text and among what it is to say, or add it to both."""
    for index, camera in enumerate(cameras):
        if camera["unique_id"] == unique_id:
            for key, value in changes.items():
                if is_left_out(key, value):
                    text = remove_value(text, ("cameras", index), key)
                    camera.pop(key, None)
                else:
                    text = set_value(text, ("cameras", index), key, value)
                    camera[key] = value
            return text
    given = {key: value for key, value in changes.items() if not is_left_out(key, value)}
    cameras.append({"unique_id": unique_id, **given})
    return append_table(text, "cameras", cameras[-1])


def _refuse_to_move_others(before: LoadedConfig, after: LoadedConfig, unique_id: str) -> None:
    """Check that every other camera keeps its addresses, also those chosen and not written."""
    given = [camera for camera in after.config.cameras if camera.unique_id == unique_id]
    for camera in before.config.cameras:
        if camera.unique_id == unique_id or camera in after.config.cameras:
            continue
        theirs = [(address, camera) for address in addresses([camera])]
        for address in addresses(given):
            if taken_by(address, theirs):
                raise SaveError(
                    f"not saved: {address} is {camera.label}'s; choose another "
                    f"{address.distinct_by}"
                )
        raise SaveError(
            f"not saved: {camera.label}'s addresses, which the file does not name, would change "
            "too; write them into the file first"
        )


def _refuse_foreign_change(path: Path, expected: str | None, remedy: str) -> None:
    try:
        text = read_text(path)
    except ConfigError as error:
        raise SaveError(f"not saved: {error}") from error
    if text != expected:
        raise _changed(path, remedy)


def _changed(path: Path, remedy: str) -> SaveError:
    return SaveError(f"not saved: {path} was changed since it was read; {remedy}")


def refuse_unwritable(target: Path) -> None:
    """Check beforehand what can be: the file where there is one, and the folder it lies in."""
    try:
        found = obstacle(target)
    except OSError as error:
        raise SaveError(f"not saved: {target}: {error.strerror}") from error
    if found:
        raise SaveError(f"not saved: {found.found}; {found.remedy}")
