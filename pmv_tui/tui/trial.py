"""What somebody tries on a camera: settings are stepped, seen at work, then saved or discarded."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pmv_tui.tui.link import EngineLink, Unanswered
from pmv_tui.tui.text.steps import base_of, saved_value, stepped, why_no_step
from pmv_tui.wire.status import Result, SettingStatus


class Trial:
    """The settings of one camera, and what this terminal has changed of them.

    What is tried the engine knows, and so do other terminals; here it is remembered what is to be
    asked about when one leaves. Of values that follow fast only the newest is sent.

    Parameters
    ----------
    link : to the engine.
    unique_id : the camera's.

    Attributes
    ----------
    settings : by name, as last reported; None before that.
    wanted : by name, values that were asked for and are not reported yet.
    tried : names of what was changed here, and is not saved as far as is known.
    """

    def __init__(self, link: EngineLink, unique_id: str) -> None:
        self.unique_id = unique_id
        self.settings: Mapping[str, SettingStatus] | None = None
        self.wanted: dict[str, float] = {}
        self.tried: set[str] = set()
        self._link = link
        self._unsent: dict[str, float] = {}
        self._steps: list[tuple[str, int]] = []
        self._one_at_a_time = asyncio.Lock()

    def step(self, name: str, steps: int) -> str:
        """Change a setting by steps; return why that cannot be, or nothing.

        Before the camera's settings are known, it waits for them.
        """
        if self.settings is None:
            self._steps.append((name, steps))
            return ""
        setting = self.settings.get(name)
        if setting is None:
            return f"{name}: this camera has none"
        if why := why_no_step(setting):
            return why
        before = self.wanted.get(name, base_of(setting))
        value = stepped(setting, before, steps)
        if value == before:
            end = "highest" if steps > 0 else "lowest"
            return f"{name}: that is the {end} that the camera takes now"
        self.wanted[name] = self._unsent[name] = value
        if value == saved_value(setting):
            self.tried.discard(name)
        else:
            self.tried.add(name)
        return ""

    def unsaved(self) -> list[SettingStatus]:
        """Return the settings of the camera that are not saved, whoever tries them."""
        return [each for each in (self.settings or {}).values() if "saved" in each]

    async def send(self) -> list[Result]:
        """Have what was asked for last applied; return what failed."""
        async with self._one_at_a_time:
            return await self._send()

    async def _send(self) -> list[Result]:
        changes, self._unsent = self._unsent, {}
        if not changes:
            return []
        results = await self._link.command("try", camera=self.unique_id, changes=changes)
        failures = [each for each in results if not each["ok"]]
        if failures:
            self._no_longer_wanted(changes)
        return failures

    async def ask(self) -> bool:
        """Ask how the camera is set; return whether a change is still to be applied.

        Raises
        ------
        Unanswered : the engine does not know the camera, or does not answer.
        """
        async with self._one_at_a_time:
            return await self._ask()

    async def _ask(self) -> bool:
        answer = await self._link.settings(self.unique_id)
        self.settings = {each["name"]: each for each in answer["settings"]}
        steps, self._steps = self._steps, []
        if not (answer["pending"] or self._unsent):
            self.wanted.clear()
            self.tried &= {each["name"] for each in self.unsaved()}
        for name, count in steps:
            self.step(name, count)
        return answer["pending"] or bool(self._unsent)

    async def settle(self, *, save: bool) -> list[Result]:
        """Save what was tried here, or set it as it was saved; return what came of it."""
        async with self._one_at_a_time:
            if failures := await self._send():
                return failures
            try:
                await self._ask()
            except Unanswered as why:
                return [Result(camera="", ok=False, text=str(why))]
            changes = self._changes(save=save)
            if not changes:
                return []
            command = "set" if save else "try"
            results = await self._link.command(command, camera=self.unique_id, changes=changes)
            if all(each["ok"] for each in results):
                self._no_longer_wanted(changes)
                self.tried -= changes.keys()
            return results

    def _changes(self, *, save: bool) -> dict[str, Any]:
        """Return what is to be set to end the trial."""
        mine = [each for each in self.unsaved() if each["name"] in self.tried]
        return {each["name"]: each["wanted"] if save else each["saved"] for each in mine}

    def _no_longer_wanted(self, names: Mapping[str, Any]) -> None:
        for name in names.keys() - self._unsent.keys():
            self.wanted.pop(name, None)
