"""Where keys change a camera's settings at once: tried with the picture in view, then saved."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from textual.await_complete import AwaitComplete

from pmv_tui.config.values import short
from pmv_tui.tui.actions import SETTLE, TRY
from pmv_tui.tui.link import PERIOD, EngineLink, Unanswered, ask_on
from pmv_tui.tui.screens.camera import SETTLED_PERIOD
from pmv_tui.tui.screens.steering import RigView, SteeringScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.lines import Cell, Line, fit
from pmv_tui.tui.text.steps import STEPPED, saved_value, setting_line, with_unit
from pmv_tui.tui.trial import Trial
from pmv_tui.tui.widgets.figures import FiguresPane
from pmv_tui.wire.status import CameraStatus, full_name


class TryingScreen(SteeringScreen):
    """Follows one camera, and asks about what was tried here before it is left."""

    def __init__(self, state: RigState, link: EngineLink, unique_id: str) -> None:
        super().__init__(state, link, unique_id)
        self._trial = Trial(link, unique_id)
        self._ask_again = asyncio.Event()

    @property
    def trial(self) -> Trial:
        """What is tried on the camera that is shown."""
        if self._trial.unique_id != self.unique_id:
            self._trial = Trial(self.link, self.unique_id)
            self._ask_again.set()
        return self._trial

    def on_mount(self) -> None:
        """Start to ask for the settings."""
        self.while_here(partial(ask_on, self._ask_settings, self._ask_again))

    async def _ask_settings(self) -> float:
        """Ask for the settings and draw them; again soon while a change is pending."""
        if self.is_covered or self.target() is None:
            return SETTLED_PERIOD
        trial = self.trial
        try:
            pending = await trial.ask()
        except Unanswered:
            return SETTLED_PERIOD  # Trouble with the engine stands above.
        self._draw_settings()
        if pending:
            self.go_on(partial(self._apply, trial))
        return PERIOD if pending else SETTLED_PERIOD

    def _draw_settings(self) -> None:
        for pane in self.query(FiguresPane):  # None where the screen was left meanwhile.
            pane.show_below(self._setting_lines)

    def _setting_lines(self, width: int) -> Sequence[Line]:
        """Write the settings that have keys, and the keys."""
        trial = self.trial
        settings = trial.settings
        if settings is None:
            return ()
        lines = [
            setting_line(settings.get(name), name, trial.wanted.get(name), width)
            for name in STEPPED
        ]
        up, down = map(self.key_of, TRY[::2]), map(self.key_of, TRY[1::2])
        keys = "  ".join(f"{less} {more}" for less, more in zip(down, up, strict=True))
        return [*lines, Line((Cell(fit(f"{keys}  change", width), "muted"),))]

    def action_try_setting(self, name: str, steps: int) -> None:
        """Change a setting by steps: applied at once, and not saved."""
        trial = self.trial
        if why := trial.step(name, steps):
            self.toast(why, severity="warning")
            return
        self._draw_settings()
        if name in trial.wanted and not self.query_one(FiguresPane).display:
            self.app.clear_notifications()
            saved = "not saved" if name in trial.tried else "as it was saved"
            value = trial.wanted[name]
            text = with_unit(trial.settings[name], value) if trial.settings else short(value)
            self.toast(f"{name} {text}, {saved}")
        self.go_on(partial(self._apply, trial))

    async def _apply(self, trial: Trial) -> None:
        self.toast_failures(await trial.send(), RigView(self.state, self.link))
        self._ask_again.set()

    def action_settle(self) -> None:
        """Save or discard what is tried on the camera, by whomever."""
        self.trial.tried |= {each["name"] for each in self.trial.unsaved()}
        if not self.asks_first(lambda: None):
            self.toast("Nothing is tried: all settings are as they were saved")

    def asks_first(self, then: Callable[[], object]) -> bool:
        """Ask what becomes of what was tried here. See `PmvScreen.asks_first`."""
        from pmv_tui.tui.screens.dialogs import TrialDialog

        trial, camera = self.trial, self.target()
        if not trial.tried or camera is None or self.state.silence:
            return False
        dialog = TrialDialog(full_name(camera), self._tried_texts())
        self.app.push_screen(dialog, partial(self._decide, trial, then))
        return True

    def _tried_texts(self) -> list[str]:
        """Say of each setting that was tried what it is, and what was saved."""
        settings = self.trial.settings or {}
        texts = []
        for name in sorted(self.trial.tried & settings.keys()):
            setting = settings[name]
            value = self.trial.wanted.get(name, setting["wanted"])
            saved = f" (saved: {short(saved_value(setting))})"
            texts.append(f"{name} {with_unit(setting, value)}{saved}")
        return texts

    def _decide(self, trial: Trial, then: Callable[[], object], verdict: str | None) -> None:
        if verdict:
            self.go_on(partial(self._settle, trial, then, verdict == "save"))

    async def _settle(self, trial: Trial, then: Callable[[], object], save: bool) -> None:
        """Save or discard, then do what that was asked for; stay where it cannot be saved."""
        results = await trial.settle(save=save)
        rig = RigView(self.state, self.link)
        failed = self.toast_failures(results, rig)
        if save and failed:
            return
        trial.tried.clear()
        if not failed:
            self.toast(*map(rig.sentence, results))
        self._ask_again.set()
        then()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave, once it is decided about what was tried here. See `PmvScreen.dismiss`.

        What others try is theirs to decide about; that it is not saved is said.
        """
        if self.is_active and self.asks_first(partial(super().dismiss, result)):
            return AwaitComplete()
        camera = self.target()
        if self.is_active and camera and not self.state.silence:
            self._remind(camera)
        return super().dismiss(result)

    def _remind(self, camera: CameraStatus) -> None:
        """Say what is left that was tried elsewhere, or before."""
        if left := [each["name"] for each in self.trial.unsaved()]:
            decides = f"{self.key_of(SETTLE)} in its full picture saves or discards it"
            self.toast(
                f"{full_name(camera)}: {', '.join(left)} tried elsewhere, not saved; {decides}",
                severity="warning",
            )
