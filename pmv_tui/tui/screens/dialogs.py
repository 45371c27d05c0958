"""The dialogs: an address or a setting is edited, the engine's or clients' end is asked about."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.button import ButtonVariant

from pmv_tui.config import OPTIONAL
from pmv_tui.config.addresses import Address, taken_by
from pmv_tui.config.values import not_saved_text, short
from pmv_tui.network import reachable
from pmv_tui.tui.actions import (
    CONFIRM_ACTIONS,
    ENDED_ACTIONS,
    QUIT_ACTIONS,
    SAVE_ACTIONS,
    TREND_ACTIONS,
    TRIAL_ACTIONS,
    UNPLUG_ACTIONS,
)
from pmv_tui.tui.screens.base import PmvScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.text.settings import (
    Reading,
    allowed,
    as_typed,
    deviation,
    options,
    read_value,
    sample,
)
from pmv_tui.tui.text.trends import CHOICES, SECONDS
from pmv_tui.tui.widgets.fields import Choices, Field
from pmv_tui.wire.status import CameraStatus, SettingStatus, full_name


class Dialog(ModalScreen[ScreenResultType], PmvScreen[ScreenResultType]):
    """A heading and what stands below it, over the screen that opened this."""

    help_topics = ()
    heading = ""

    def body(self) -> ComposeResult:
        """Lay out what stands below the heading."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Lay out both."""
        with Vertical(classes="dialog"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            yield from self.body()

    def on_mount(self) -> None:
        """Take away the toasts, which would cover what is to be read here."""
        self.app.clear_notifications()


Save = Callable[..., Awaitable[str]]
"""Is given what was typed; returns why it was refused, or nothing."""


class SaveDialog(Dialog[bool]):
    """Saves what is valid, once; while the engine refuses, it stays and says why.

    Its result is whether anything was saved.
    """

    registry = SAVE_ACTIONS

    def __init__(self, save: Save) -> None:
        super().__init__()
        self._save = save
        self._saving = False

    def fields(self) -> ComposeResult:
        """Lay out what is typed into or chosen from."""
        raise NotImplementedError

    def check(self) -> bool:
        """Show what is wrong with what stands in the fields; return whether nothing is."""
        raise NotImplementedError

    def typed(self) -> Sequence[Any]:
        """Return what stands in the fields."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """Lay out the fields, the refusal and the buttons."""
        yield from self.fields()
        yield Static(id="refusal", classes="field-error", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Save", id="save", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)
            yield Static("enter saves, esc cancels, F1 helps", classes="hint")

    def on_mount(self) -> None:
        """Show what is wrong from the beginning."""
        self._check()

    @on(Input.Changed)
    def _changed(self) -> None:
        """Show what is wrong as soon as it is typed."""
        self.query_one("#refusal", Static).update("")
        self._check()

    def _check(self) -> bool:
        """Offer to save where nothing is wrong."""
        valid = self.check()
        self.query_one("#save", Button).disabled = not valid
        return valid

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    @on(Button.Pressed, "#save")
    def submit(self) -> None:
        """Save what is valid."""
        if not self._saving and self._check():
            self._saving = True
            self.go_on(self._send)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(False)

    async def _send(self) -> None:
        """Have it saved; where the engine refuses, say why and stay."""
        refusal = await self._save(*self.typed())
        self._saving = False
        if refusal and self.is_left:
            self.toast(f"Not saved: {refusal}", severity="error")
        elif refusal:
            self.query_one("#refusal", Static).update(plain(refusal))
        else:
            self.dismiss(True)


class SettingDialog(SaveDialog):
    """A field for a number or a text, or a list to choose from; it begins with what is set."""

    def __init__(self, camera: str, setting: SettingStatus, save: Save) -> None:
        super().__init__(save)
        self.heading = f"{plain(setting['name'])} of {plain(camera)}"
        self._setting = setting
        self._options = options(setting)

    def fields(self) -> ComposeResult:
        """Lay out the value in effect, what is allowed, and the field or the list."""
        wanted = as_typed(sample(self._setting))
        yield Static(self._situation(), classes="situation", markup=False)
        if self._options:
            choices = Choices(*self._options, markup=False, compact=True)
            if wanted in self._options:
                choices.highlighted = self._options.index(wanted)
            yield choices
        else:
            yield Field(wanted, compact=True, select_on_focus=True)
        yield Static(id="problem", classes="field-error", markup=False)

    def check(self) -> bool:
        """Show an error, or the warning that the camera will hardly take it."""
        reading = self._reading
        problem = self.query_one("#problem", Static)
        problem.update(reading.error or reading.warning)
        problem.set_class(bool(reading.warning), "-warning")
        return not reading.error

    def typed(self) -> Sequence[Any]:
        """Return the value. See `SaveDialog.typed`."""
        return [self._reading.value]

    @property
    def _reading(self) -> Reading:
        if self._options:
            chosen = self.query_one(OptionList).highlighted or 0
            return read_value(self._setting, self._options[chosen])
        return read_value(self._setting, self.query_one(Input).value)

    def _situation(self) -> str:
        """Return the actual value, why, what is allowed, and what a change does to the stream."""
        setting = self._setting
        unit = f" {plain(setting['unit'])}" if setting["unit"] else ""
        now = f"now {plain(short(setting['actual']))}{unit}"
        why = deviation(setting)
        parts = [f"{now}: {why}"] if why else [now, plain(setting["note"])]
        parts.append(not_saved_text(setting))
        if not self._options and (bounds := allowed(setting, full=True)):
            parts.append(f"allowed {bounds}")
        if setting["name"] in OPTIONAL and setting["wanted"] is not None:
            parts.append("empty: the default")
        if not setting["live"]:
            parts.append("a change restarts the stream")
        return "; ".join(filter(None, parts))


class TrendDialog(Dialog[int]):
    """A list of what the table can show a trend of.

    Its result is the place of a choice in `CHOICES`; -1 for none of them.
    """

    registry = TREND_ACTIONS
    heading = f"Trend in the table: the last {SECONDS} s of ..."

    def __init__(self, chosen: int) -> None:
        super().__init__()
        self._chosen = chosen

    def body(self) -> ComposeResult:
        """Lay out the list."""
        width = max(len(choice.title) for choice in CHOICES)
        lines = [f"{choice.title:{width}}  {choice.meaning}" for choice in CHOICES]
        choices = Choices(*lines, f"{'none':{width}}  no trend", markup=False, compact=True)
        choices.highlighted = self._chosen if self._chosen >= 0 else len(CHOICES)
        yield choices
        with Horizontal(classes="buttons"):
            yield Static("enter chooses, esc cancels", classes="hint")

    @on(OptionList.OptionSelected)
    def _choose(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(message.option_index if message.option_index < len(CHOICES) else -1)


class AddressErrors(NamedTuple):
    """What is wrong with each address; empty where nothing is."""

    pub: str
    pull: str


def check_addresses(pub: str, pull: str, others: Sequence[CameraStatus]) -> AddressErrors:
    """Check the form and place of both, against each other and against the other cameras'.

    They are as typed: spaces around them do not count.
    """
    pub_address, pub_error = _parse(pub)
    pull_address, pull_error = _parse(pull)
    if pub_address and pull_address and pub_address.collides(pull_address):
        pull_error = (
            f"the same as the pub address; each socket needs its own {pull_address.distinct_by}"
        )
    if pub_address and not pub_error:
        pub_error = _taken(pub_address, others)
    if pull_address and not pull_error:
        pull_error = _taken(pull_address, others)
    return AddressErrors(pub_error, pull_error)


def access_note(text: str, *, elsewhere: bool = False) -> str:
    """Return who can connect to an address, where that is not its machine alone; else nothing.

    Parameters
    ----------
    elsewhere : whether that is another machine than this one, whose own addresses are known here.
    """
    address, _ = _parse(text)
    if address is None or not address.exposed:
        return ""
    ways = [] if elsewhere else reachable(address)
    at = f" at {', '.join(ways[:2])}{' …' if ways[2:] else ''}" if ways else ""
    if address.needs_look_up:
        return "if that is an address of its network, other machines can connect, unencrypted"
    return f"other machines can connect{at}, unencrypted"


def _parse(text: str) -> tuple[Address | None, str]:
    """Read an address; the second part says why it cannot be read."""
    try:
        return Address.parse(text.strip()), ""
    except ValueError as error:
        return None, plain(str(error))


def _taken(address: Address, others: Sequence[CameraStatus]) -> str:
    """Name the camera that has the address already."""
    taken = [
        (theirs, f"{plain(camera['name'])} has it as its {kind} address")
        for camera in others
        for kind, text in (("pub", camera["pub_address"]), ("pull", camera["pull_address"]))
        if (theirs := _parse(text)[0])
    ]
    return taken_by(address, taken) or ""


class AddressDialog(SaveDialog):
    """Two addresses of a camera, checked as one types; those of the others are taken."""

    def __init__(
        self,
        camera: CameraStatus,
        others: Sequence[CameraStatus],
        save: Save,
        *,
        elsewhere: bool = False,
    ) -> None:
        super().__init__(save)
        self._elsewhere = elsewhere
        self.heading = f"Addresses of {plain(full_name(camera))}"
        self._camera = camera
        self._others = others

    def fields(self) -> ComposeResult:
        """Lay out the two inputs, each with its error."""
        for kind, meaning, address in (
            ("pub", "images are published at", self._camera["pub_address"]),
            ("pull", "boxes are received at", self._camera["pull_address"]),
        ):
            yield Label(f"{kind}: {meaning}")
            yield Field(plain(address), id=kind, compact=True, select_on_focus=False)
            yield Static(id=f"{kind}-error", classes="field-error", markup=False)

    def typed(self) -> Sequence[str]:
        """Return both addresses. See `SaveDialog.typed`."""
        return [self.query_one(f"#{kind}", Input).value.strip() for kind in ("pub", "pull")]

    def check(self) -> bool:
        """Show each address's error. See `SaveDialog.check`."""
        pub, pull = self.typed()
        errors = check_addresses(pub, pull, self._others)
        note_of = partial(access_note, elsewhere=self._elsewhere)
        notes = ("", "") if self._camera["curve"] else map(note_of, (pub, pull))
        for (kind, error), note in zip(errors._asdict().items(), notes, strict=True):
            said = self.query_one(f"#{kind}-error", Static)
            said.update(error or note)
            said.set_class(bool(note and not error), "-warning")
            self.query_one(f"#{kind}", Input).set_class(bool(error), "-invalid")
        return not any(errors)


class AskDialog(Dialog[ScreenResultType]):
    """Has a button for each answer, which does what its key does."""

    def answer(
        self, name: str, method: str, meaning: str, variant: ButtonVariant = "default"
    ) -> ComposeResult:
        """Lay out a button, whose first letter is its key, and what comes of it."""
        with Horizontal(classes="choices"):
            label, id_ = f"[u]{name[0]}[/u]{name[1:]}", name.lower()
            yield Button(label, id=id_, name=method, variant=variant, compact=True)
            yield Static(meaning, id=f"{id_}-meaning", markup=False)

    @on(Button.Pressed)
    async def _answer(self, pressed: Button.Pressed) -> None:
        await self.run_action(str(pressed.button.name))


Leave = Literal["detach", "stop"]
"""How to quit: the engine goes on, or it ends."""


class QuitDialog(AskDialog[Leave | None]):
    """Asks to detach, to stop everything, or to stay; its result is None for stay.

    Parameters
    ----------
    plugged, others : names of the plugged cameras, and of the engine's other operators.
    unsaved : of each camera of which settings are tried, which.
    """

    registry = QUIT_ACTIONS
    heading = "Quit"

    def __init__(
        self, plugged: Sequence[str], others: Sequence[str] = (), unsaved: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._plugged = plugged
        self._others = others
        self._unsaved = unsaved

    def body(self) -> ComposeResult:
        """Lay out who is concerned, and the answers."""
        if names := ", ".join(self._plugged):
            verb = "is" if len(self._plugged) == 1 else "are"
            yield Static(f"{names} {verb} plugged: scripts may be reading.", markup=False)
        if others := "; ".join(self._others):
            yield Static(f"Others use this engine too: {others}.", markup=False)
        if unsaved := "\n".join(self._unsaved):
            yield Static(unsaved, classes="situation", markup=False)
        goes_on = "the engine goes on; pmv-tui attaches again"
        yield from self.answer("Detach", "dismiss('detach')", goes_on, "primary")
        ends = "everything is unplugged and the engine ends"
        if self._unsaved:
            ends += "; what is not saved is lost"
        yield from self.answer("Stop", "dismiss('stop')", ends, "error")
        yield from self.answer("Cancel", "dismiss(None)", "stay here (escape)")


class UnplugDialog(AskDialog[bool]):
    """Asks before clients of cameras are disconnected; its result is whether to unplug."""

    registry = UNPLUG_ACTIONS
    heading = "Unplug several cameras"
    AUTO_FOCUS = "#cancel"

    def __init__(self, cameras: Sequence[CameraStatus]) -> None:
        super().__init__()
        self._cameras = cameras

    def body(self) -> ComposeResult:
        """Lay out who is reading, and the answers."""
        read = ", ".join(f"{plain(full_name(each))} ({each['clients']})" for each in self._cameras)
        yield Static(f"Clients are connected to {read}.", markup=False)
        no_more = "their scripts get no more images"
        yield from self.answer("Unplug", "dismiss(True)", no_more, "error")
        yield from self.answer("Cancel", "dismiss(False)", "everything stays plugged (escape)")


class ConfirmDialog(AskDialog[bool]):
    """Asks before something is done; its result is whether to do it.

    Parameters
    ----------
    heading : the question.
    text : what it touches.
    meaning : what a yes does.
    """

    registry = CONFIRM_ACTIONS
    AUTO_FOCUS = "#cancel"

    def __init__(self, heading: str, text: str, meaning: str) -> None:
        super().__init__()
        self.heading = heading
        self._text = text
        self._meaning = meaning

    def body(self) -> ComposeResult:
        """Lay out what it touches, and the answers."""
        with VerticalScroll(id="touched", can_focus=False):
            yield Static(plain(self._text), markup=False)
        yield from self.answer("Yes", "dismiss(True)", self._meaning, "error")
        yield from self.answer("Cancel", "dismiss(False)", "leave everything as it is (escape)")


Verdict = Literal["save", "discard"]
"""What becomes of settings that were tried."""


class TrialDialog(AskDialog[Verdict | None]):
    """Asks what becomes of settings that were tried and not saved; None: they are tried on."""

    registry = TRIAL_ACTIONS

    def __init__(self, camera: str, settings: Sequence[str]) -> None:
        super().__init__()
        self.heading = f"Not saved: settings of {plain(camera)}"
        self._settings = settings

    def body(self) -> ComposeResult:
        """Lay out what was tried, and the answers."""
        tried = "\n".join(map(plain, self._settings))
        yield Static(tried, classes="situation", markup=False)
        yield from self.answer("Save", "dismiss('save')", "to the config file", "primary")
        yield from self.answer("Discard", "dismiss('discard')", "as it was before", "error")
        yield from self.answer("Cancel", "dismiss(None)", "stay here (escape)")


class EngineEndedDialog(AskDialog[Literal["quit"] | None]):
    """Says how the engine ended; goes away by itself when one answers, whoever started it.

    `start` starts one; it returns when that failed, and why.
    """

    registry = ENDED_ACTIONS

    def __init__(
        self, state: RigState, last_lines: Sequence[str], start: Callable[[], Awaitable[str]]
    ) -> None:
        super().__init__()
        self.heading = f"The engine {plain(state.silence)}"
        self._state = state
        self._last_lines = last_lines
        self._start = start

    def body(self) -> ComposeResult:
        """Lay out the end of the log, and the answers."""
        with VerticalScroll(id="last-lines", can_focus=False):
            yield Static("\n".join(map(plain, self._last_lines)), markup=False)
        plugged = [plain(camera["name"]) for camera in self._state.cameras if camera["plugged"]]
        restored = f"another one, with {', '.join(plugged)} plugged" if plugged else "another one"
        yield from self.answer("Start", "start", restored, "primary")
        yield from self.answer("Quit", "dismiss('quit')", "leave (escape: stay and look)")

    def on_mount(self) -> None:
        """Show the log's end, and listen for an engine."""
        self.query_one("#last-lines").scroll_end(animate=False)
        self._state.changed.subscribe(self, self._look, immediate=True)

    def _look(self, state: RigState) -> None:
        if not state.silence:
            self.dismiss(None)

    def action_start(self) -> None:
        """Start an engine."""
        button = self.query_one("#start", Button)
        if not button.disabled:
            button.disabled = True
            self.query_one("#start-meaning", Static).update("starting …")
            self._wait()

    @work
    async def _wait(self) -> None:
        why = await self._start()
        self.query_one("#start-meaning", Static).update(plain(why))
        self.query_one("#start", Button).disabled = False
