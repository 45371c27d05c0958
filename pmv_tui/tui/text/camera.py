"""What is known of one camera, in words: the panel below the table, and the camera's screen."""

from collections.abc import Mapping, Sequence
from itertools import islice

from pmv_tui.tui.text.clients import slow_clients
from pmv_tui.tui.text.columns import (
    CAUSES,
    corners,
    drop_sum,
    fps_verdict,
    is_exposed,
    state_tone,
    state_word,
)
from pmv_tui.tui.text.events import event_lines
from pmv_tui.tui.text.lines import LABEL_WIDTH, Cell, Line, fit, labelled_lines, plain
from pmv_tui.wire.status import (
    SOUND_WINDOWS,
    CameraStatus,
    Event,
    answers_text,
    counted,
    full_name,
    local_time,
    remarks_text,
    unsaved_text,
    window_text,
)


def detail_lines(camera: CameraStatus, width: int) -> list[Line]:
    """Describe a camera, the most urgent first, for a short panel shows only the beginning."""
    rows = [
        ("state", state_text(camera)),
        ("tried", Cell(plain(unsaved_text(camera)), "warning")),
        *plug_rows(camera),
        ("frames", _frames(camera)),
        *answer_rows(camera),
    ]
    rows.sort(key=_urgency)
    return [identity_line(camera), *labelled_lines(rows, width)]


def _urgency(row: tuple[str, Cell]) -> int:
    """Return a smaller number the sooner a row is to be read; remarks may be old, and are long."""
    label, (_, tone) = row
    if label == "state":
        return 0
    if tone == "bad":
        return 1
    if label in ("late", "answers"):
        return 2
    return 3 if tone == "warning" and label != "boxes" else 4 + (tone != "warning")


def identity_line(camera: CameraStatus) -> Line:
    """Name the camera, its device and the form of its images."""
    parts = [plain(camera["unique_id"])]
    if camera["width"]:
        parts.append(f"{camera['width']}x{camera['height']} {plain(camera['pixel_format'])}")
    if not camera["listed"]:
        parts.append("not in the config file: add it to keep its settings")
    return Line((Cell(plain(full_name(camera)), "strong"), Cell("  " + ", ".join(parts), "muted")))


def plug_rows(camera: CameraStatus) -> list[tuple[str, Cell]]:
    """Label what is known of its sockets and what is sent over them."""
    return [
        ("plug", _plug(camera)),
        ("failed", Cell(plain(camera["plug_error"]), "bad")),
        ("sockets", _sockets(camera)),
        ("sent", _sent(camera)),
        ("clients", slow_clients(camera)),
        ("rejected", _refused(camera)),
    ]


def answer_rows(camera: CameraStatus) -> list[tuple[str, Cell]]:
    """Label what clients sent back, and where it is shown."""
    return [
        ("late", Cell(plain(camera.get("late", "")), "warning")),
        ("answers", _answers(camera)),
        ("boxes", _boxes(camera)),
        ("window", _window(camera)),
    ]


def state_text(camera: CameraStatus) -> Cell:
    """Return the state, why it is so, and when the next try is due."""
    state = plain(camera["state"])
    text = f"{state}: {plain(camera['reason'])}" if camera["reason"] else state
    if camera["retry_in"] is not None:
        text += f"; next try in {camera['retry_in']:.0f} s"
    rate = fps_verdict(camera)
    if state == "capturing" and not camera["reason"] and rate.tone == "bad":
        return Cell(f"{text}, but the frame rate is too {rate.text}", "bad")
    if state_word(camera) == "late":
        text += ", but answers are late"
    return Cell(text, state_tone(camera))


def _plug(camera: CameraStatus) -> Cell:
    """Return the plug and publishing state in words."""
    if not camera["plugged"]:
        return Cell("unplugged: plug it to publish")
    if camera["paused"]:
        return Cell("paused: sockets are bound, nothing is sent; the same key resumes", "warning")
    clients = counted(camera["clients"], "client") if camera["clients"] else "no clients"
    if local := camera.get("local_clients", 0):
        clients += f", {local} of them local" if local < camera["clients"] else ", local"
    return Cell(f"plugged, {clients}", "good")


def _sockets(camera: CameraStatus) -> Cell:
    """Return both addresses as a client script needs them."""
    addresses = [("pub", camera["pub_address"]), ("pull", camera["pull_address"])]
    text = "  ".join(f"{name} {plain(address)}" for name, address in addresses)
    exposed = any(is_exposed(address) for _, address in addresses)
    marks = ["! other machines can reach it"] if exposed else []
    if camera["curve"]:
        marks.append("encrypted, for listed clients only")
    sockets = "  ".join(filter(None, [text, ", ".join(marks)]))
    return Cell(sockets, "warning" if exposed and not camera["curve"] else "plain")


def _refused(camera: CameraStatus) -> Cell:
    """Return how many clients were rejected, and why and when the last one was."""
    moment = camera["refused_at"]
    if moment is None:
        return Cell("")
    last = f"{local_time(moment):%H:%M:%S}"
    reason = plain(camera["refused_reason"])
    return Cell(f"{camera['refused']} times a client, last at {last}: {reason}", "warning")


def _sent(camera: CameraStatus) -> Cell:
    """Return the rate of what is published and how late it is."""
    if not camera["plugged"]:
        return Cell("")
    text = f"{camera['published_fps']:.1f} frames/s, {camera['published_mb_s']:.1f} MB/s"
    p50, p99 = camera["latency_p50_ms"], camera["latency_p99_ms"]
    if p50 is not None and p99 is not None:
        text += f", arrival to sent {p50:.1f} ms (p50), {p99:.1f} ms (p99)"
    if (limit := camera.get("limited_to")) is not None:
        text += f"; put_rate limits to {limit:g} images/s"
    return Cell(text)


def _answers(camera: CameraStatus) -> Cell:
    """Return how late scripts' answers to images are."""
    text = answers_text(camera)
    if not text:
        return Cell("")
    deadline = camera.get("deadline", 0)
    limit = f"; deadline {deadline:g} ms" if deadline else ""
    return Cell(f"{text} (last 10 s){limit}")


def _frames(camera: CameraStatus) -> Cell:
    text = f"{camera['captured']} captured, {camera['published']} published"
    causes = [(camera["drops"][cause.key], cause.words) for cause in CAUSES]
    return Cell("; ".join([text, *(f"{count} {words}" for count, words in causes if count)]))


def _boxes(camera: CameraStatus) -> Cell:
    parts = [f"now {corners(camera['box'])}"] if camera["box"] else []
    if camera["messages"]:
        parts.append(f"{camera['messages']} messages")
    if camera["remarks"]:
        parts.append(remarks_text(camera["remarks"], plain(camera["remark"])))
    if camera["malformed"]:
        parts.append(f"{camera['malformed']} malformed: {plain(camera['malformed_reason'])}")
    trouble = camera["malformed"] or camera["remarks"]
    return Cell(", ".join(parts), "warning" if trouble else "plain")


def _window(camera: CameraStatus) -> Cell:
    """Return what became of the window, why, and what to do."""
    text = window_text(camera["window"], plain(camera["window_reason"]))
    good = camera["window"] in SOUND_WINDOWS
    return Cell(text, "plain" if good else "bad")


def head_lines(camera: CameraStatus, width: int) -> list[Line]:
    """Name the camera, and say how it does."""
    rows = [("state", state_text(camera)), ("frames", _rate_and_counts(camera))]
    return [identity_line(camera), *labelled_lines(rows, width)]


def fact_lines(camera: CameraStatus, now: int, width: int) -> list[Line]:
    """Return where its frames went, by whose clock they are stamped, and what clients do with them.

    `now` is in ns since the epoch.
    """
    rows = [("clock", clock_text(camera)), *plug_rows(camera), *answer_rows(camera)]
    return [*drop_lines(camera, now, width), *labelled_lines(sorted(rows, key=_urgency), width)]


SUM_WIDTH = 7
CAUSE_WIDTH = 12
"""Terminal columns of each cause; they must hold a blank and `01-31 23:59`."""

TABLE_WIDTH = LABEL_WIDTH + SUM_WIDTH + CAUSE_WIDTH * len(CAUSES)
"""Terminal columns from which the causes stand side by side."""

DAY = 86_400_000_000_000
"""ns."""


def drop_lines(camera: CameraStatus, now: int, width: int) -> list[Line]:
    """Write how many frames each cause took, and when it took the last.

    Parameters
    ----------
    now : ns since the epoch; of a time longer ago than a day the date is given too.
    width : where the causes do not fit side by side, they stand in a sentence.
    """
    drops = [(camera["drops"][cause.key], cause.lost) for cause in CAUSES]
    counts = [Cell(str(count), "warning" if lost and count else "plain") for count, lost in drops]
    times = [_moment(camera["drops_at"][cause.key], now) for cause in CAUSES]
    if width < TABLE_WIDTH:
        by_cause = {
            cause: f"{count.text} {cause.words}" + (f" (last {time})" if time != "-" else "")
            for cause, count, time in zip(CAUSES, counts, times, strict=True)
        }
        total = drop_sum(camera)
        lost = ", ".join(words for cause, words in by_cause.items() if cause.lost)
        left_out = [words for cause, words in by_cause.items() if not cause.lost]
        sentence = Cell("; ".join([f"{total.text} lost: {lost}", *left_out]), total.tone)
        return labelled_lines([("drops", sentence)], width)
    titles = _row(Cell("drops"), Cell("lost"), [Cell(cause.key) for cause in CAUSES])
    return [
        titles._replace(base="title"),
        _row(Cell(""), drop_sum(camera), counts),
        _row(Cell("last", "muted"), Cell(""), [Cell(time, "muted") for time in times]),
    ]


def _row(label: Cell, total: Cell, cells: list[Cell]) -> Line:
    """Set a label, a figure for the sum and one for each cause under each other."""
    figures = [Cell(fit(cell.text, CAUSE_WIDTH, right=True), cell.tone) for cell in cells]
    sum_figure = Cell(fit(total.text, SUM_WIDTH, right=True), total.tone)
    return Line((Cell(fit(label.text, LABEL_WIDTH), label.tone), sum_figure, *figures))


def _moment(time: int | None, now: int) -> str:
    """Write a time of this host, with its date where it is more than a day ago."""
    if time is None:
        return "-"
    local = local_time(time)
    return f"{local:%H:%M:%S}" if now - time < DAY else f"{local:%m-%d %H:%M}"


def clock_text(camera: CameraStatus) -> Cell:
    """Return whose clock stamps the frames, and how the device's own differs from it."""
    offset, drift = camera["clock_offset_ms"], camera["clock_drift_ppm"]
    if offset is None:
        return Cell("host's, on arrival; the device has no clock of its own")
    rate = "" if drift is None else f", drift {drift:+.1f} ppm"
    return Cell(f"host's, on arrival; device's {offset:+.1f} ms{rate}")


def last_events(events: Sequence[Event], camera: CameraStatus, room: int, width: int) -> list[Line]:
    """Write the newest events of a camera, oldest first, as many whole ones as there is room for.

    Parameters
    ----------
    events : of the whole rig, oldest first.
    room : lines at most.
    """
    unique_id = camera["unique_id"]
    names: Mapping[str, str] = {unique_id: camera["name"]}
    lines: list[Line] = []
    own = (event for event in reversed(events) if event["camera"] == unique_id)
    for event in islice(own, max(room, 0)):
        earlier = event_lines([event], names, width - LABEL_WIDTH)
        if len(earlier) + len(lines) > room:
            break
        lines = earlier + lines
    first, other = (Cell(fit(label, LABEL_WIDTH), "muted") for label in ("events", ""))
    return [Line((other if at else first, *line.cells)) for at, line in enumerate(lines)]


def _rate_and_counts(camera: CameraStatus) -> Cell:
    verdict = fps_verdict(camera)
    rate = f"{camera['fps']:.1f} a second"
    if verdict.text:
        rate = f"{camera['fps']:.1f}/{camera['fps_wanted']:g} a second, {verdict.text}"
    counts = f"{camera['captured']} captured, {camera['published']} published"
    return Cell(f"{rate}; {counts}", "bad" if verdict.tone == "bad" else "plain")
