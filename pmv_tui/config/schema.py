"""What may stand in config.toml; every setting's meaning, unit and default."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pmv_tui.config.addresses import Address

PixelFormat = Literal["Mono", "Colour"]


def _address(text: str) -> str:
    Address.parse(text)
    return text


AddressText = Annotated[str, AfterValidator(_address)]


def _unique_id(text: str) -> str:
    serial, dash, backend = text.rpartition("-")
    if not (serial and dash and backend):
        raise ValueError(
            "a unique_id is <serial>-<backend>, such as left-simulated or 0-opencv or "
            "0815-0000-basler"
        )
    return text


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SocketConfig(_Section):
    """`[socket_config]`: what all cameras' sockets have in common."""

    put_rate: float = Field(default=60.0, ge=0, le=100_000, allow_inf_nan=False)
    """Images a second put into a PUB socket at most; 0: every new frame."""

    pull_rate: float = Field(default=30.0, gt=0, le=10_000, allow_inf_nan=False)
    """Times a second a PULL socket is emptied."""

    extended_metadata: bool = False
    """Adds `sequence`, `device_timestamp` and `pixel_format` to the metadata of an image."""


class CameraConfig(_Section):
    """`[[cameras]]`: one camera."""

    unique_id: Annotated[str, AfterValidator(_unique_id)]
    """`<serial>-<backend>`, split at the last dash."""

    name: str = Field(default="", max_length=64)
    """What people read; the serial where it is empty."""

    fps: float = Field(default=60.0, gt=0, le=100_000, allow_inf_nan=False)
    """Frames a second wanted of the camera."""

    exposure_time: float = Field(default=15_000.0, gt=0, allow_inf_nan=False)
    """µs."""

    gain: float = Field(default=0.0, allow_inf_nan=False)
    """dB."""

    pixel_format: PixelFormat = "Mono"
    """`Mono`, or `Colour`: raw Bayer, one byte a pixel."""

    external_trigger: bool = False
    """Whether a signal on the camera's input starts each frame."""

    pub_address: AddressText = "tcp://localhost:5555"
    """Where images are published."""

    pull_address: AddressText = "tcp://localhost:5556"
    """Where overlay messages are received."""

    source: str | int | None = None
    """opencv: an index, a device path or a video file. simulated: a picture or video, the scene."""

    width: int = Field(default=640, ge=16, le=16_384)
    """simulated: pixels."""

    height: int = Field(default=480, ge=16, le=16_384)
    """simulated: pixels."""

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


class RigConfig(_Section):
    """The whole of config.toml."""

    socket_config: SocketConfig = SocketConfig()
    cameras: tuple[CameraConfig, ...] = ()
