"""iceoryx2, another road through shared memory: its publisher and its subscriber.

The image is drawn straight into the sample, and read where it lies. A subscriber sleeps until an
event wakes it, as its documentation has it.
"""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import iceoryx2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

SUBSCRIBERS = 8

LARGEST = 2448 * 2048
"""Bytes of an image, at most."""


class Header(ctypes.Structure):
    """What is known about an image."""

    _fields_ = (
        ("number", ctypes.c_uint64),
        ("timestamp", ctypes.c_int64),
        ("height", ctypes.c_uint64),
        ("width", ctypes.c_uint64),
    )


class Road:
    """One camera's images, and the event that says that there is one.

    Parameters
    ----------
    port : names the camera, as the port of its socket does elsewhere.
    """

    def __init__(self, port: int) -> None:
        # One that ends by a signal as any program does; its own handler would keep it.
        builder = iceoryx2.NodeBuilder.new().config(_config())
        node = builder.signal_handling_mode(iceoryx2.SignalHandlingMode.Disabled).create(
            iceoryx2.ServiceType.Ipc
        )
        self._node = node  # all of it ends with its node
        images = node.service_builder(iceoryx2.ServiceName.new(f"images {port}"))
        self.images = (
            images.publish_subscribe(iceoryx2.Slice[ctypes.c_uint8])
            .user_header(Header)
            .max_subscribers(SUBSCRIBERS)
            .open_or_create()
        )
        event = node.service_builder(iceoryx2.ServiceName.new(f"event {port}")).event()
        self.event = event.max_listeners(SUBSCRIBERS).open_or_create()


class Sender:
    """Publishes one camera."""

    def __init__(self, port: int) -> None:
        self._road = Road(port)
        images = self._road.images.publisher_builder()
        self._publisher = images.initial_max_slice_len(LARGEST).create()
        self._notifier = self._road.event.notifier_builder().create()
        self._sample: Any = None

    def new_image(self, height: int, width: int) -> Image:
        """Return room for an image: that of the sample which is sent next."""
        self._sample = self._publisher.loan_slice_uninit(height * width)
        room = self._sample.payload().as_memory_view()
        return np.frombuffer(room, np.uint8).reshape(height, width)

    def __call__(self, number: int, timestamp: int, image: Image) -> None:
        """Send the image that was drawn into the sample."""
        header = self._sample.user_header().contents
        header.number, header.timestamp = number, timestamp
        header.height, header.width = image.shape
        self._sample.assume_init().send()
        self._sample = None
        self._notifier.notify()


def received(port: int) -> Iterator[tuple[int, int, Image]]:
    """Yield the number, time stamp and image of each frame, in shared memory."""
    road = Road(port)
    subscriber = road.images.subscriber_builder().create()
    listener = road.event.listener_builder().create()
    while True:
        while (sample := subscriber.receive()) is not None:
            header = sample.user_header().contents
            pixels = np.frombuffer(sample.payload().as_memory_view(), np.uint8)
            image = pixels.reshape(header.height, header.width)
            yield header.number, header.timestamp, image
            del pixels, image
            sample.delete()  # else it is one of the few that a subscriber may hold
        with suppress(iceoryx2.ListenerWaitError):  # a signal, which is not for it
            listener.blocking_wait()


def clear() -> None:
    """Remove what processes that were ended by a signal have left behind: nobody else does."""
    prefix = _prefix()
    for file in Path("/dev/shm").glob(f"{prefix}*"):  # noqa: S108 - where it puts them
        file.unlink(missing_ok=True)
    shutil.rmtree(_root(), ignore_errors=True)


def _config() -> "iceoryx2.config.Config":
    """Keep its files apart from those of other programs."""
    config = iceoryx2.config.default()
    config.global_cfg.prefix = iceoryx2.FileName.new(_prefix())
    config.global_cfg.root_path = iceoryx2.Path.new(str(_root()))
    return config


def _prefix() -> str:
    return f"pmvbench{os.getuid()}_"


def _root() -> Path:
    return Path(f"/tmp/pmvbench{os.getuid()}-iceoryx2")  # noqa: S108 - of this user alone
