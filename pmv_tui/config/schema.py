"""What may stand in config.toml; every setting's meaning, unit and default."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pmv_tui.config.addresses import FIRST_PORT, Address, free_pair

SLOWEST_CAMERA = 0.0001
"""Frames a second: one in 2.8 hours. Of what is far below, periods cannot be computed with."""

SLOWEST_LOOK = 0.01
"""Times a second that something is looked at, or shown."""

HIGHEST_INDEX = 9999
"""Of a video device; Linux counts to some hundreds."""

EVERY_CAMERA = "all"
"""What commands say for every camera; so none can have it for a name."""

WITHOUT_REGION = ("simulated", "opencv")
"""Back ends whose cameras have no region of interest."""

ADDRESS_KEYS = ("pub_address", "pull_address")

PixelFormat = Literal["Mono", "Colour"]

Offset = Annotated[int, Field(ge=0, le=65_535)]
Length = Annotated[int, Field(ge=1, le=65_535)]
# TOML has lists where this has a tuple: only that one step is not strict.
Region = Annotated[tuple[Offset, Offset, Length, Length], Field(strict=False)]
"""x, y, width, height; pixels of the sensor, x to the right, y down."""


LONGEST_ID = 255
"""Characters of a unique_id: more than any device's serial number has."""


def _address(text: str) -> str:
    if text:
        Address.parse(text)
    return text


def _unique_id(text: str) -> str:
    if len(text) > LONGEST_ID:
        raise ValueError(f"it has {len(text)} characters; a unique_id has {LONGEST_ID} at most")
    serial, dash, backend = text.rpartition("-")
    if not (serial and dash and backend and text.isprintable()):
        raise ValueError(
            f"{text!r} is not a unique_id; one is <serial>-<backend>, such as left-simulated or "
            "0-opencv or 0815-0000-basler"
        )
    return text


def _name(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError(f"{text!r} has blanks at an end, or characters that cannot be shown")
    return text


def _source(source: str | int) -> str | int:
    if source == "":
        raise ValueError("the text is empty; leave the line out for the default")
    if isinstance(source, int) and not 0 <= source <= HIGHEST_INDEX:
        raise ValueError(f"an index is a whole number from 0 to {HIGHEST_INDEX}")
    return source


def _put_rate(rate: float) -> float:
    if 0 < rate < SLOWEST_CAMERA:
        raise ValueError(
            f"{rate:g} is not allowed; it must be 0 for every new frame, or a number of at least "
            f"{SLOWEST_CAMERA:g}, in images a second"
        )
    return rate


def _fourcc(text: str) -> str:
    if text and not (len(text) == 4 and text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} is not four letters for a pixel format, such as MJPG")
    return text


AddressText = Annotated[str, AfterValidator(_address)]
"""`tcp://host:port` or `ipc:///path`; empty: chosen when the config is read."""


class _Section(BaseModel):
    # Strict: the text "60" is no number, and true is not 1. A whole number serves as a float.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _number(default: float | None, *, ge: float, le: float, unit: str) -> Any:
    """Make the field of a number that has a unit, which is named where a value is not allowed."""
    return Field(default=default, ge=ge, le=le, json_schema_extra={"unit": unit})


class SocketConfig(_Section):
    """`[socket_config]`: what all cameras' sockets have in common."""

    put_rate: Annotated[float, AfterValidator(_put_rate)] = _number(
        60.0, ge=0, le=100_000, unit="images a second"
    )
    """Images a second put into a PUB socket at most; 0: every new frame."""

    pull_rate: float = _number(30.0, ge=SLOWEST_LOOK, le=10_000, unit="times a second")
    """Times a second a PULL socket is emptied."""

    extended_metadata: bool = False
    """Adds `sequence`, `device_timestamp` and `pixel_format` to the metadata of an image."""


LATEST = 60_000.0
"""ms from an image to an answer, at most: an older image is answered by nobody."""


class OverlayConfig(_Section):
    """`[overlay]`: how long what clients send is drawn, and when it comes late."""

    hold: float = _number(0.5, ge=0, le=3600, unit="s")
    """Seconds after its last message for which a box is solid."""

    fade: float = _number(0.5, ge=0, le=3600, unit="s")
    """Seconds after that in which it fades out; then it is deleted."""

    deadline: float = _number(0.0, ge=0.0, le=LATEST, unit="ms")
    """ms after an image's time stamp from which an answer to it is late; 0: never."""

    match: bool = False
    """Whether window and picture show the image that the newest answer belongs to, where it is
    still in memory; else the newest image."""


class DisplayConfig(_Section):
    """`[display]`: the cameras' windows."""

    rate: float = _number(30.0, ge=SLOWEST_LOOK, le=240, unit="images a second")
    """Images a second that a window shows at most."""

    max_size: int = _number(640, ge=64, le=16_384, unit="pixels")
    """The longest side of a window, pixels; a larger image is scaled down."""

    captions: bool = True
    """Whether name, fps and publishing state are written on the image."""


class SecurityConfig(_Section):
    """`[security]`: who may receive images and send boxes."""

    curve: bool = False
    """Whether the sockets are encrypted, and accept only clients whose keys are listed."""

    keys: Annotated[str, AfterValidator(_source)] = "keys"
    """The folder with the keys; a relative one starts at the folder of the config file."""


class TuiConfig(_Section):
    """`[tui]`: how the TUI looks, and its keys. The engine does without."""

    theme: str = ""
    """A theme's name; empty: textual-dark, or ansi-dark where the terminal has few colours."""

    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    """Which characters are drawn; auto: unicode where locale and terminal have it."""

    mouse: bool = True
    """Whether clicks and the wheel reach the TUI; false leaves them to the terminal."""

    preview_rate: float = _number(4.0, ge=SLOWEST_LOOK, le=30, unit="images a second")
    """Images a second of a camera's picture in the terminal at most."""

    picture: Literal["auto", "blocks", "pixels"] = "auto"
    """What shows it: pixels where the terminal has them; auto: and where the line takes them."""

    bell: bool = False
    """Whether the terminal's bell rings when a camera fails while it runs."""

    keys: dict[str, str] = Field(default_factory=dict)
    """`[tui.keys]`: other keys for an action, several with commas between them, by its id."""


class CameraConfig(_Section):
    """`[[cameras]]`: one camera."""

    unique_id: Annotated[str, AfterValidator(_unique_id)]
    """`<serial>-<backend>`, split at the last dash."""

    name: Annotated[str, AfterValidator(_name)] = Field(default="", max_length=64)
    """What people read; the serial where it is empty."""

    device: Annotated[str, AfterValidator(_name)] = Field(default="", max_length=255)
    """basler, aravis: the device's user-defined name; empty: the serial of the unique_id is its."""

    fps: float = _number(60.0, ge=SLOWEST_CAMERA, le=100_000, unit="frames a second")
    """Frames a second wanted of the camera."""

    exposure_time: float = _number(15_000.0, ge=0.001, le=100_000_000_000, unit="µs")
    """µs."""

    gain: float = _number(0.0, ge=-1_000_000, le=1_000_000, unit="dB")
    """dB."""

    pixel_format: PixelFormat = "Mono"
    """`Mono`, or `Colour`: raw Bayer, one byte a pixel."""

    external_trigger: bool = False
    """Whether a signal on the camera's input starts each frame."""

    downsampling: Literal[1, 2, 4] = 1
    """Squares of so many pixels on a side are averaged into one, in what is published and shown."""

    roi: Region | None = Field(
        default=None,
        json_schema_extra={"unit": "pixels: x, y, width, height, the last two above 0"},
    )
    """basler, aravis: region of interest, x, y, width, height; None: as the camera has it."""

    pub_address: AddressText = ""
    """Where images are published. Never empty in a config that was loaded."""

    pull_address: AddressText = ""
    """Where overlay messages are received. Never empty in a config that was loaded."""

    source: Annotated[str | int, AfterValidator(_source)] | None = None
    """opencv: an index, a device path, a video file or the URL of a stream. simulated: a picture or
    video, the scene."""

    loop: bool = True
    """Whether a video file starts again at its end; otherwise the camera ends with it."""

    width: int = _number(640, ge=16, le=16_384, unit="pixels")
    """simulated, and webcams where it is given: pixels."""

    height: int = _number(480, ge=16, le=16_384, unit="pixels")
    """simulated, and webcams where it is given: pixels."""

    fourcc: Annotated[str, AfterValidator(_fourcc)] = ""
    """opencv: what a webcam sends, such as `MJPG` or `YUYV`; empty: the driver's choice."""

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    """Mirrors what is published and shown: left and right, top and bottom, or both."""

    rotate: Literal[0, 90, 180, 270] = 0
    """Turns what is published and shown, clockwise, degrees; after `flip`."""

    deadline: float | None = _number(None, ge=0.0, le=LATEST, unit="ms")
    """ms after which an answer to an image is late; 0: never; None: as `[overlay]` says."""

    @property
    def serial(self) -> str:
        """What stands before the last dash of the unique_id."""
        return self.unique_id.rpartition("-")[0]

    @property
    def backend(self) -> str:
        """What stands after the last dash of the unique_id."""
        return self.unique_id.rpartition("-")[2]

    @property
    def label(self) -> str:
        """The name, or the serial where none is given."""
        return self.name or self.serial


class EngineConfig(_Section):
    """`[engine]`: the process that captures and publishes."""

    linger: float = _number(60.0, ge=0, le=1_000_000, unit="s")
    """Seconds that an engine started by a TUI goes on with nothing plugged and nobody attached."""
    open_unlisted: bool = True
    """Whether cameras that are found, but not listed, are opened too."""


class RigConfig(_Section):
    """The whole of config.toml."""

    socket_config: SocketConfig = SocketConfig()
    overlay: OverlayConfig = OverlayConfig()
    display: DisplayConfig = DisplayConfig()
    engine: EngineConfig = EngineConfig()
    security: SecurityConfig = SecurityConfig()
    tui: TuiConfig = TuiConfig()
    # TOML has lists where this has a tuple: only that one step is not strict.
    cameras: Annotated[tuple[CameraConfig, ...], Field(strict=False)] = ()


SECTION_OF = {
    **dict.fromkeys(("put_rate", "extended_metadata"), "socket_config"),
    **dict.fromkeys(("hold", "fade"), "overlay"),
}
"""Settings of all cameras that `set` changes as it does a camera's own, and where they stand."""


def downsampled(size: int, factor: int, *, bayer: bool) -> int:
    """Return the length of a side after downsampling, pixels.

    Parameters
    ----------
    size : its length before, pixels.
    factor : pixels on the side of a square that becomes one: 1, 2 or 4.
    bayer : whether the image is raw Bayer, whose pattern is kept: whole pairs of pixels.
    """
    if factor == 1:
        return size
    return 2 * (size // (2 * factor)) if bayer else size // factor


def why_no_pixel(width: int, height: int, factor: int, *, bayer: bool) -> str:
    """Return why downsampling leaves nothing of an image, and what would; empty where it does.

    See `downsampled`; width and height are those of the image before, pixels.
    """
    shorter = min(width, height)
    if downsampled(shorter, factor, bayer=bayer):
        return ""
    largest = next(f for f in (2, 1) if f < factor and downsampled(shorter, f, bayer=bayer))
    image = f"{'a raw Bayer' if bayer else 'an'} image of {width}x{height}"
    return f"{factor} leaves no pixel of {image}; {largest} is the largest that does"


def complete(config: RigConfig, folder: Path) -> RigConfig:
    """Return the config with both addresses for every camera and absolute paths of sources.

    An address that is written is never changed. The first camera is given the pair 5555 and 5556
    where they are free, the second 5557 and 5558, and so on, whatever the cameras before it have:
    so an edit of one camera's address does not move another's. Relative sources start at `folder`.
    """
    taken = addresses(config.cameras)
    cameras = []
    for index, camera in enumerate(config.cameras):
        given = _with_addresses(camera, taken, FIRST_PORT + 2 * index)
        taken += addresses([given])
        source = whole_path(given.source, folder)
        cameras.append(given.model_copy(update={"source": source}))
    return config.model_copy(update={"cameras": tuple(cameras)})


def found_camera(unique_id: str, others: Iterable[CameraConfig]) -> CameraConfig:
    """Return the config of a camera that is connected but not listed, beside the rig's others."""
    return _with_addresses(CameraConfig(unique_id=unique_id), addresses(others), FIRST_PORT)


def addresses(cameras: Iterable[CameraConfig]) -> list[Address]:
    """Return the addresses that cameras have; one that is still to be chosen is left out."""
    return [
        Address.parse(text)
        for camera in cameras
        for text in (camera.pub_address, camera.pull_address)
        if text
    ]


def _with_addresses(camera: CameraConfig, taken: list[Address], first_port: int) -> CameraConfig:
    pub, pull = free_pair(taken, first_port)
    return camera.model_copy(
        update={
            "pub_address": camera.pub_address or str(pub),
            "pull_address": camera.pull_address or str(pull),
        }
    )


def whole_path(source: str | int | None, folder: Path) -> str | int | None:
    """Make a file's path absolute; an index and a URL stay as they are."""
    if not isinstance(source, str) or "://" in source:
        return source
    try:
        return str(folder / Path(source).expanduser())
    except RuntimeError:
        return source  # No such user: the back end says that there is no such file.
