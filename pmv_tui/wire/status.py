"""What the engine reports over the control socket. The form of each command: docs/control.md."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NotRequired, TypedDict

from pmv_tui.wire.drawn import Overlay

PROTOCOL_VERSION = 2
"""Raised when a command or an answer changes its meaning, or callers of this version need a key
that engines before it did not report."""

MAX_REQUEST_BYTES = 64 * 1024
"""Of a request; who sends more is disconnected."""

CameraState = Literal[
    "opening", "capturing", "waiting for trigger", "stalled", "lost", "error", "ended"
]


class Corners(TypedDict):
    """A box in image coordinates, pixels (x, y)."""

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]


class Drops(TypedDict):
    """Frames that were not published, by cause, since the engine started.

    All but `put_rate` are losses.
    """

    missing: int
    """Lost on the link between camera and host."""
    skipped: int
    """Overwritten by a newer frame before they were fetched."""
    failed: int
    """Arrived incomplete."""
    put_rate: int
    """Left out to keep to `put_rate`."""
    clients: int
    """Missed by clients that were too slow: images, of all clients together."""


class DropTimes(TypedDict):
    """When the last of each was dropped, ns since the epoch; None where there was none."""

    missing: int | None
    skipped: int | None
    failed: int | None
    put_rate: int | None
    clients: int | None


ClientState = Literal["keeps up", "too slow", "does not read", "waits for images", "not known"]

BEHIND: tuple[ClientState, ...] = ("too slow", "does not read")
"""States of a client that misses images, or is about to."""


class Delivered(TypedDict):
    """What a client gets of the images that are published.

    The last step is beyond what the engine sees: a client that takes every image into a queue of
    its own, and works on them late, keeps up here.
    """

    fps: float | None
    """Images a second that its machine has confirmed, over the last 5 s."""
    mb_s: float | None
    """10^6 bytes a second of them."""
    missed: int | None
    """Images that it missed: exact some 2 s after it has caught up, and a few too few before."""
    waiting_bytes: int | None
    """Bytes that its machine has not confirmed yet."""
    state: ClientState
    """`not known`, and None for the figures, where the engine's kernel does not count bytes: before
    Linux 4.1, and over ipc."""
    text: str
    """The state in words."""


class AnswerTimes(TypedDict):
    """How late answers to images are, of the last 10 s: from the image's time stamp to the arrival
    of the answer (docs/protocol.md, "Answers"); None where none came in them.
    """

    answers_fps: float | None
    """Answers a second. One who answers an image again is not counted twice."""
    answered: float | None
    """Which share of the images that were published since the first of those answers was answered,
    by whomever: 0 to 1."""
    answer_p50_ms: float | None
    answer_p99_ms: float | None
    answer_max_ms: float | None


def goes_back(log_path: str) -> str:
    """Say where one finds what is no longer kept, or was before the engine started."""
    return f"{log_path} goes further back"


def answers_text(times: AnswerTimes) -> str:
    """Return how many answers there are, and how late they are, in words; empty without any."""
    fps = times.get("answers_fps")
    if fps is None:
        return ""
    share = times["answered"]
    answered = "" if share is None else f" ({100 * share:.0f} % of the images)"
    p50, p99, worst = times["answer_p50_ms"], times["answer_p99_ms"], times["answer_max_ms"]
    late = "" if p50 is None else f", p50 {p50:.1f} ms, p99 {p99:.1f}, worst {worst:.1f}"
    return f"{fps:.1f} answers/s{answered}{late}"


class ClientStatus(Delivered):
    """One client of a camera."""

    id: int
    """Of this connection; each has another."""
    name: str
    """Who it is, for people: its key's name, where it has one; then its program and process id on
    the engine's machine, and its port, or over ipc the `id`, where that process has several
    connections; else host and port."""
    pid: int | None
    """Its process; None on another machine, or where it is not seen."""
    address: str
    """Host and port that it connects from; `this machine` where there are none."""
    key: str
    """The name that its key is listed by; empty without `[security]`."""
    since: int
    """When it subscribed, ns since the epoch."""
    road: NotRequired[Literal["tcp", "ipc", "local"]]
    """What its images come over: a socket, or shared memory (docs/local-road.md)."""
    holds: NotRequired[int]
    """Images in shared memory that it holds, so that their buffers are not written to."""
    answers: NotRequired[AnswerTimes | None]
    """How late its answers are; None where there are none, or where it cannot be told whose they
    are."""


def behind(clients: Sequence[ClientStatus]) -> list[ClientStatus]:
    """Return the clients that miss images, or are about to."""
    return [each for each in clients if each["state"] in BEHIND]


def behind_first(clients: Iterable[ClientStatus]) -> list[ClientStatus]:
    """Return all of them, those first that miss images, or are about to."""
    return sorted(clients, key=lambda each: each["state"] not in BEHIND)


def counted(count: int, what: str) -> str:
    """Return how many of something there are, such as `1 image` or `2 images`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def others_too(count: int) -> str:
    """Return that a sentence about one client is true of others, to go behind it; empty for 0."""
    if not count:
        return ""
    return f" (and {'another client' if count == 1 else f'{count} other clients'} too)"


def client_text(client: ClientStatus) -> str:
    """Return how one keeps up, and how late its answers are where there are any."""
    answers = client.get("answers")
    return "; ".join(filter(None, [client["text"], answers and answers_text(answers)]))


def client_sentence(client: ClientStatus) -> str:
    """Return how one that is behind keeps up, in words that stand alone."""
    link = "is " if client["state"] == "too slow" else ""
    return f"client {client['name']} {link}{client['text']}"


def remarks_text(count: int, last: str) -> str:
    """Return how much there is to remark on clients' messages, and the last of it."""
    return f"{counted(count, 'remark')} on messages{', the last' if count > 1 else ''}: {last}"


def local_time(timestamp: int) -> datetime:
    """Return a moment, ns since the epoch, in this host's local time."""
    return datetime.fromtimestamp(timestamp / 1e9, UTC).astimezone()


class SettingStatus(TypedDict):
    """One setting of an open camera, as the camera reports it now.

    A back end builds it as a `pmv_tui.cameras.base.Setting`, whose fields are these; the engine
    adds `saved`.
    """

    name: str
    """The config's key."""
    wanted: Any
    """What the config says; None where it leaves the choice to the camera."""
    actual: Any
    """The value in effect; None where the camera has no such setting, or cannot say."""
    lowest: Any
    highest: Any
    step: Any
    """The allowed range, as the other settings leave it; None where it is not known. Of a region of
    interest: of x, y, width and height each."""
    choices: list[str]
    """What may be chosen, of a setting that has no range."""
    unit: str
    """`1/s`, `µs`, `dB`, `px`, or empty."""
    live: bool
    """Whether it can be changed while the camera streams."""
    note: str
    """Why `actual` is not what was wanted, in words, or where it comes from; mostly empty where it
    is what was wanted."""
    saved: NotRequired[Any]
    """Of one that is tried: what it is again once that is discarded; `wanted` was not saved."""


class CameraSettings(TypedDict):
    """All settings of a camera."""

    camera: str
    """The camera's name."""
    pending: bool
    """Whether a change has not been taken over yet."""
    settings: list[SettingStatus]


class CameraCondition(TypedDict):
    """The part of a camera's status whose changes are events: it takes no computing."""

    state: CameraState
    reason: str
    """Why the state is not capturing, in words; else empty."""
    drops: Drops
    plugged: bool
    clients: int
    client_list: NotRequired[list[ClientStatus]]
    """Who they are, and what each gets, as of half a second ago at most."""
    local_clients: NotRequired[int]
    """Those of them that read the images in shared memory."""
    not_subscribed: NotRequired[int]
    """Connections that subscribe to no images: to nothing, or to another topic."""
    refused: int
    """Attempts of clients to connect that were rejected."""
    refused_reason: str
    """Why the last one was, with its address where that is known."""
    malformed: int
    malformed_reason: str
    """What was wrong with the last malformed message."""
    remarks: int
    """What of clients' messages was not used while the rest of them was: shapes outside the image,
    unknown keys, timestamps of no published image; and messages that were passed over."""
    remark: str
    """The last of them."""
    late: NotRequired[str]
    """How late answers are where some of the last 10 s came after `deadline`, or for how long none
    has come, in words; else empty."""
    window: str
    """`opening`, `shown`, `closed by the user`, `no display`, `libraries missing`, `display lost`,
    `viewer died` or `failed` (this camera's alone); empty where no window was asked for."""
    window_reason: str
    """Why, and what to do."""
    rig: NotRequired[str]
    """Its rig's name, where a terminal shows several; no engine reports it."""


def not_subscribed_sentence(camera: CameraCondition) -> str:
    """Return how many connections subscribe to no images; empty where none does."""
    count = camera.get("not_subscribed", 0)
    several = "1 connection subscribes" if count == 1 else f"{count} connections subscribe"
    return f"{several} to no images" if count else ""


class CameraStatus(CameraCondition, AnswerTimes):
    """One camera, now. The engine before answers were timed reports nothing of them."""

    unique_id: str
    name: str
    listed: bool
    """Whether it stands in the config file."""
    retry_in: float | None
    """Seconds until the camera is tried again; None where no try is due."""
    fps: float
    """Frames a second that arrived, over the last seconds."""
    fps_wanted: float
    fps_actual: NotRequired[float | None]
    """Frames a second that the camera says it makes as it is set; None where it does not say."""
    external_trigger: bool
    """Whether a signal from outside asks for each frame: then no rate is wanted."""
    width: int
    height: int
    pixel_format: str
    captured: int
    published: int
    drops_at: DropTimes
    clock_offset_ms: float | None
    """To be added to the device's time stamp to get the host's; None where it has no clock."""
    clock_drift_ppm: float | None
    """How much faster the host's clock runs, parts per million."""
    paused: bool
    plug_error: str
    """Why the last plug or edit of addresses failed; empty after one that worked, and a minute
    after a refused edit of a plugged camera."""
    pub_address: str
    pull_address: str
    exposed: bool
    """Whether an address can be reached from other machines."""
    curve: bool
    """Whether its sockets are encrypted, and let in listed clients only."""
    refused_at: int | None
    """When that was, ns since the epoch; None before the first."""
    limited_to: NotRequired[float | None]
    """Images a second to which `put_rate` limits what is published; None where it leaves all."""
    published_fps: float
    published_mb_s: float
    """10^6 bytes of image a second."""
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    """From arrival to sent, over the last seconds; None where nothing was sent."""
    box: Corners | None
    """The newest box that is drawn now; the first where there are several."""
    drawn: int
    """Boxes and groups of points that are drawn now."""
    messages: int
    """Overlay messages that were read."""
    deadline: NotRequired[float]
    """ms after which an answer is late; 0 where none is."""
    unsaved: NotRequired[list[str]]
    """Settings that were applied and not saved, by the command `try`."""


def unsaved_text(camera: CameraStatus) -> str:
    """Return which settings are tried and not saved, in words; empty where none is."""
    names = camera.get("unsaved")
    return f"{', '.join(names)}: tried, not saved" if names else ""


def key_of(camera: CameraStatus) -> str:
    """Return what tells a camera from all others, of whatever rig: two may have the same id."""
    rig = camera.get("rig")
    return f"{rig}\n{camera['unique_id']}" if rig else camera["unique_id"]


def full_name(camera: CameraStatus) -> str:
    """Return what people call a camera, with its rig's name where a terminal shows several."""
    rig = camera.get("rig")
    return f"{rig}/{camera['name']}" if rig else camera["name"]


OPEN_WINDOWS = ("opening", "shown")
"""Values of `window`: it is on a screen, or on its way there."""

SOUND_WINDOWS = ("", *OPEN_WINDOWS, "closed by the user")
"""Values of `window` that are no trouble."""


def window_text(window: str, reason: str) -> str:
    """Return a window's state in words for people; empty where there is no window."""
    if window == "shown":
        return f"open {reason}".rstrip()
    return ": ".join(filter(None, [window, reason]))


def window_sentence(window: str, reason: str) -> str:
    """Return a window's state in words that stand alone."""
    mark = "" if window in SOUND_WINDOWS else ":"
    return f"window{mark} {window_text(window or 'closed', reason)}"


class BackendStatus(TypedDict):
    """Whether one kind of camera can be used here."""

    name: str
    available: bool
    reason: str
    remedy: str


class EngineStatus(TypedDict):
    """The engine itself."""

    version: str
    protocol: int
    pid: int
    started: int
    """ns since the epoch."""
    host: str
    config_path: str
    config_exists: bool
    config_changed: NotRequired[bool]
    """Whether somebody edited the file since it was read: the command `reload` takes it over."""
    log_path: str
    put_rate: float
    pull_rate: float
    scanning: bool
    """Whether a search for cameras is under way."""
    last_event: int
    """The id of the newest event."""
    operators: list[str]
    """The TUIs that are attached: each one's terminal and process id."""
    refused: NotRequired[int]
    """Programs that were cut at the control socket, as they sent without end."""
    refused_reason: NotRequired[str]
    """Which one the last was, and what it did."""
    largest_thumbnail: NotRequired[tuple[int, int]]
    """Width and height that thumbnails have at most, pixels; before there was this, 400 and 200."""


class Snapshot(TypedDict):
    """The whole rig, now."""

    engine: EngineStatus
    backends: list[BackendStatus]
    cameras: list[CameraStatus]


EventKind = Literal[
    "engine", "state", "plug", "client", "message", "drops", "window", "settings", "printed"
]
"""What an event is about: the engine or the rig as a whole, a camera's state, its sockets, who
listens, what clients sent, lost frames, its window, its settings; what a library printed."""


class Event(TypedDict):
    """Something that happened, for the log."""

    id: int
    time: int
    """ns since the epoch."""
    level: Literal["info", "warning", "error"]
    kind: EventKind
    camera: str
    """unique_id; empty where it concerns the rig."""
    text: str


Region = tuple[int, int, int, int]
"""A part of an image: x and y of its top left corner, width, height; pixels of the image."""

PERCENTILES = 1, 5, 50, 95, 99
"""Which of them figures have."""


class Figures(TypedDict):
    """How the part of an image that a thumbnail shows is exposed and focused, in numbers.

    Of a raw Bayer image pixels of all colours count, but for `sharpness` one half of the greens.
    """

    counted: int
    """Pixels in which `saturated` and `black` were counted: all of them up to some 4 million, else
    those of every third, fifth, … row."""
    saturated: float
    """Which share of them has the largest value, 255; 0 to 1."""
    black: float
    """Which share of them has the smallest value, 0; 0 to 1."""
    step: int
    """Mean, percentiles and histogram are of every pixel where this is 1, else of every third,
    fifth, … each way: of some 150 000."""
    mean: float
    percentiles: list[int]
    """The values below or at which `PERCENTILES` of the pixels are."""
    histogram: list[int]
    """How many pixels have each of the values 0 to 255."""
    sharpness: float | None
    """How fine the structure is: 0 where all is blurred, rarely above 1; the same for another
    exposure, gain or black level. To be compared with itself, of the same region. None where there
    is no structure beyond noise, or no room for any."""


class Thumbnail(TypedDict):
    """A camera's newest image, or a region of it, small, with what is drawn over it."""

    unique_id: str
    sequence: int
    """The frame's number; 0 where there is no image (yet)."""
    timestamp: int
    """When it arrived, ns since the epoch."""
    image_size: tuple[int, int]
    """Width and height of the image as it was captured, pixels; overlays refer to it."""
    region: NotRequired[Region]
    """What of the image is shown; all zeros where there is none. Of a raw Bayer image whole squares
    of four colours."""
    size: tuple[int, int]
    """Width and height of the thumbnail, pixels."""
    pixels: bytes | None
    """Greys, one byte a pixel, row by row; None where the caller has them already."""
    saturated: NotRequired[bytes | None]
    """Where that was asked for: a bit for each pixel of the thumbnail, row by row, the highest bit
    of a byte first: whether any pixel that it stands for has the value 255. None as `pixels`."""
    figures: NotRequired[Figures | None]
    """Where they were asked for. None as `pixels`."""
    notice: str
    """Why the image is not live; empty where it is."""
    overlays: list[Overlay]


class Image(TypedDict):
    """A camera's newest image, as it is."""

    camera: str
    """The camera's name."""
    unique_id: str
    sequence: int
    """The frame's number; 0 where there is no image (yet)."""
    timestamp: int
    """When it arrived, ns since the epoch."""
    size: tuple[int, int]
    """Width and height, pixels."""
    pixel_format: str
    """What the bytes are: `Mono8`, or `BayerRG8` and the like, raw."""
    notice: str
    """Why the image is not live; empty where it is."""
    pixels: bytes | None
    """One byte a pixel, row by row; None where there is no image (yet)."""


Trend = Literal[
    "fps",
    "published",
    "missing",
    "skipped",
    "failed",
    "put_rate",
    "missed",
    "latency_p50_ms",
    "latency_p99_ms",
    "answers",
    "answer_p50_ms",
    "answer_p99_ms",
    "clients",
    "state",
]
"""What is kept of a camera over time, see `TRENDS`."""

TRENDS: dict[Trend, str] = {
    "fps": "frames/s that arrived",
    "published": "images/s published",
    "missing": "frames/s lost on the link",
    "skipped": "frames/s overwritten before they were fetched",
    "failed": "frames/s incomplete",
    "put_rate": "frames/s left out by put_rate",
    "missed": "images/s missed by clients",
    "latency_p50_ms": "ms from arrival to sent, median",
    "latency_p99_ms": "ms from arrival to sent, 99th percentile",
    "answers": "answers/s",
    "answer_p50_ms": "ms from image to answer, median",
    "answer_p99_ms": "ms from image to answer, 99th percentile",
    "clients": "clients",
    "state": "state",
}
"""What each is, for people."""

STATES_BY_TREND: tuple[CameraState, ...] = (
    "capturing",
    "waiting for trigger",
    "opening",
    "ended",
    "stalled",
    "lost",
    "error",
)
"""What the numbers of the trend `state` mean, from 0 on: the worse, the higher."""

COUNTED_TRENDS: tuple[Trend, ...] = (
    "fps",
    "published",
    "missing",
    "skipped",
    "failed",
    "put_rate",
    "missed",
    "answers",
)
"""Those that count what happened in a second: they add up."""

LOSSES: tuple[Trend, ...] = ("missing", "skipped", "failed", "missed")
"""What was lost: what is left out to keep to `put_rate` was meant to be."""


class History(TypedDict):
    """What was kept of one camera over time. Numbers are little-endian, so that no table of them
    has to be built while images are published; `wire/history.py` reads them.
    """

    camera: str
    """The camera's name."""
    unique_id: str
    started: int
    """When the engine started, ns since the epoch: it knows of nothing before."""
    step: int
    """Seconds that a row stands for: 1 or 60."""
    times: bytes
    """The end of each row's time, int64, ns since the epoch, oldest first. Each row follows the one
    before it by `step` on a clock that nobody sets: where these times do not, the host's was set,
    or it slept."""
    values: dict[Trend, bytes]
    """float32, shape (rows, 1) where `step` is 1; else (rows, 3): minimum, median, maximum of the
    seconds that are known. NaN where nothing is known, such as a latency while nothing was sent."""
    totals: NotRequired[dict[Trend, bytes]]
    """float32, shape (rows,), where `step` is 60: what the seconds of each row add up to, of
    `COUNTED_TRENDS`."""
    known: bytes
    """float32, shape (rows,): how many seconds of each row are known. The others the engine was too
    busy to look at, or it did not run."""


class Result(TypedDict):
    """What a command did to one camera."""

    camera: str
    """The camera's name."""
    ok: bool
    text: str
    """What was done, or why not and what to do; for people."""


def result_sentence(result: Result) -> str:
    """Return what a command did, or why not, in words that stand alone."""
    camera, text = result["camera"], result["text"]
    return f"{camera}: {text}" if camera else text


class SavedImage(Result):
    """What came of an image that was to be saved; the keys after these only where it was."""

    unique_id: str
    file: NotRequired[str]
    """Its path, absolute."""
    timestamp: NotRequired[int]
    """When the image arrived, ns since the epoch."""
    sequence: NotRequired[int]
    """Its number."""
    width: NotRequired[int]
    height: NotRequired[int]
    pixel_format: NotRequired[str]


class Reply(TypedDict):
    """The answer to any command."""

    ok: bool
    error: NotRequired[str]
    """Why the command as a whole was refused."""
    snapshot: NotRequired[Snapshot]
    results: NotRequired[list[Result]]
    events: NotRequired[list[Event]]
    settings: NotRequired[CameraSettings]
    thumbnails: NotRequired[list[Thumbnail]]
    image: NotRequired[Image]
    histories: NotRequired[list[History]]


NO_COMMAND = "no command "
"""How an engine begins its answer to a command that it does not know."""

TO_REPLACE_IT = "pmv-tui stop ends it, then start again"
"""What to do about an engine that is not understood."""


def why_not_understood(snapshot: Snapshot) -> str:
    """Say, after the words "the engine", why its status cannot be read; empty where it can.

    An engine outlives the terminal that it was started from, and so an installation of pmv-tui.
    """
    engine = snapshot["engine"]
    if engine["protocol"] == PROTOCOL_VERSION:
        return ""
    return f"is of version {engine['version']}, which this pmv-tui does not understand"
