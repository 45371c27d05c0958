"""The rigs of one terminal: each has a connection, a link and a state of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from textual.message import Message
from textual.signal import Signal

from pmv_tui.rigs.client import RigClient
from pmv_tui.rigs.connection import RigConnection
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL
from pmv_tui.tui.link import PERIOD, EngineLink, EngineSilent, EventsArrived, SnapshotArrived
from pmv_tui.tui.state import RigState, Wishes
from pmv_tui.tui.text.lines import age_text, first_few
from pmv_tui.tui.text.rigs import RigRow
from pmv_tui.untrusted import TokenBucket
from pmv_tui.wire.status import CameraStatus, Snapshot

CALM_PERIOD = 1.0
"""Seconds from one snapshot of a rig to the next while nothing is done to it and nobody looks."""

BUSY_FOR = 3.0
"""Seconds after a command for which a rig is asked as often as where it is the only one."""

MOST_CAMERAS = 64
"""That are shown of a rig; a row says how many more there are."""


MOST_TOASTS, TOAST_PERIOD = 3, 5.0
"""Toasts about a rig's cameras at once, and the seconds after which there may be one more."""


class FleetState(RigState):
    """The state of one of several rigs; its connection says what is wrong."""

    connection: RigConnection
    seen_at: float | None = None

    @property
    def trouble(self) -> str:
        """What is wrong between terminal and rig; empty where all is well. See `RigState`."""
        why = self.why_old
        age = f"; what is shown is {age_text(self.age, 0)}" if self.snapshot else ""
        return f"{self.rig}: {why}{age}" if why else ""

    @property
    def age(self) -> float | None:
        """Seconds since it reported anything; None before."""
        return None if self.seen_at is None else time.monotonic() - self.seen_at

    @property
    def why_old(self) -> str:
        """Why nothing newer is known; empty where what is shown is new."""
        match self.connection.state:
            case "connected":
                return f"the engine {self.silence}" if self.silence else ""
            case "connecting":
                return self.connection.why or "connecting"
            case "waiting":
                return self.connection.why


class FleetRig:
    """One of the rigs of a terminal.

    Parameters
    ----------
    listed : where it is.
    hosts : connections to machines, which rigs share.
    fleet : what they belong to.
    operator : how engines name this terminal to others.
    """

    def __init__(self, listed: ListedRig, hosts: Hosts, fleet: "Fleet", operator: str) -> None:
        self.listed = listed
        self.folded = False
        self.toasts = TokenBucket(MOST_TOASTS, TOAST_PERIOD)
        self.hidden = 0
        self._fleet = fleet
        self._operator = operator
        self._client = RigClient()
        self.connection = RigConnection(listed, hosts, self._connection_changed)
        self.state = FleetState("", fleet.changed, wishes=fleet.wishes, rig=listed.name)
        self.state.connection = self.connection
        self.state.host = "" if listed.host == LOCAL else listed.host
        self.link = EngineLink(
            self._client, self._take, operator, self._hindrance, self._period, attaches=False
        )

    @property
    def name(self) -> str:
        """What people call it."""
        return self.listed.name

    def row(self) -> RigRow:
        """Return what is shown of it above its cameras."""
        connection, now = self.connection, time.monotonic()
        waits = connection.state == "waiting"
        return RigRow(
            name=self.name,
            host=self.listed.host,
            group=self.listed.group,
            trouble=self.state.why_old,
            no_engine=self.lacks_engine,
            retry_in=max(0.0, connection.retry_at - now) if waits else None,
            age=self.state.age,
            engine=self.state.snapshot["engine"] if self.state.snapshot else None,
            cameras=self.state.cameras,
            hidden=self.hidden,
            folded=self.folded,
        )

    @property
    def lacks_engine(self) -> bool:
        """Whether all that is missing is an engine."""
        return self.connection.no_engine and bool(self.connection.why)

    @property
    def config_changed(self) -> bool:
        """Whether somebody edited its config file since it was read."""
        snapshot = self.state.snapshot
        return bool(snapshot and snapshot["engine"].get("config_changed"))

    def others(self) -> list[str]:
        """Return the other operators of its engine; this terminal is one of those it names."""
        operators = self.state.snapshot["engine"]["operators"] if self.state.snapshot else []
        return first_few([one for one in operators if one != self._operator])

    def start_engine(self) -> None:
        """Have an engine started there."""
        self.connection.start_engine()

    def close(self) -> None:
        """Close the connection to its engine."""
        self.link.close()

    def _hindrance(self) -> str:
        """Say why no command can be sent; empty where one can."""
        return "" if self.connection.state == "connected" else self.state.why_old

    def _period(self) -> float:
        """Return the seconds to the next question; calm rigs are asked all at once.

        Then what they answer is drawn at once.
        """
        now = time.monotonic()
        if now < self.link.commanded_at + BUSY_FOR or self._fleet.is_watched(self):
            return PERIOD
        return CALM_PERIOD - now % CALM_PERIOD

    def _connection_changed(self) -> None:
        if self.connection.state == "connected":
            self._client.connect(self.connection.endpoint)
            self.state.silence = ""
            self.link.hurry()
        else:
            self._client.disconnect()
        self._fleet.tell()

    def _take(self, message: Message) -> None:
        """Keep what its link found out."""
        match message:
            case SnapshotArrived(snapshot):
                self._keep(snapshot)
            case EventsArrived(events):
                self.state.events.extend(events)
            case EngineSilent(reason) if self.connection.state == "connected":
                self.state.silence = reason
                self.connection.hurry()
        self._fleet.tell()

    def _keep(self, snapshot: Snapshot) -> None:
        """Take a snapshot for the newest, with as many cameras as the table takes, each once."""
        cameras = {camera["unique_id"]: camera for camera in snapshot["cameras"]}
        self.hidden = max(len(cameras) - MOST_CAMERAS, 0)
        snapshot["cameras"] = list(islice(cameras.values(), MOST_CAMERAS))
        for camera in snapshot["cameras"]:
            camera["rig"] = self.name
        self.state.log_path = snapshot["engine"]["log_path"]
        self.state.keep(snapshot)
        self.state.seen_at = time.monotonic()
        self._fleet.seen(self)


@dataclass(slots=True)
class Fleet:
    """All rigs of a terminal.

    Parameters
    ----------
    changed : is published when there is more, of whichever rig.
    tell : is called when there is something to publish.
    seen : is called with a rig that reported something.
    is_watched : returns whether somebody looks at a rig's screens.
    """

    changed: Signal[RigState]
    wishes: Wishes
    tell: Callable[[], None]
    seen: Callable[[FleetRig], None]
    is_watched: Callable[[FleetRig], bool]
    rigs: list[FleetRig] = field(default_factory=list)

    @property
    def cameras(self) -> list[CameraStatus]:
        """The cameras of all rigs, as last reported."""
        return [camera for rig in self.rigs for camera in rig.state.cameras]

    def rig_of(self, camera: CameraStatus) -> FleetRig:
        """Return the rig that a camera belongs to."""
        return self.named(camera.get("rig", ""))

    def named(self, name: str) -> FleetRig:
        """Return a rig by its name."""
        return next(rig for rig in self.rigs if rig.name == name)

    @property
    def answers_seen(self) -> bool:
        """Whether scripts have answered images of any rig."""
        return any(rig.state.answers_seen for rig in self.rigs)
