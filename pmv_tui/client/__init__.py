"""What a Python script needs: the newest image in, boxes out. Needs pyzmq, msgpack and numpy.

    from pmv_tui.client import boxes, subscribe

    with subscribe("tcp://localhost:5555") as frames, boxes("tcp://localhost:5556") as marks:
        for frame in frames:
            y, x = divmod(int(frame.image.argmax()), frame.image.shape[1])
            marks.send(((x - 10, y - 10), (x + 10, y + 10)), frame=frame)

More: docs/client.md.
"""

from pmv_tui.client.boxes import Boxes, boxes
from pmv_tui.client.local import NoLocalRoad
from pmv_tui.client.pairs import PairedSubscription, subscribe_all
from pmv_tui.client.stream import Frame
from pmv_tui.client.subscription import Subscription, subscribe
from pmv_tui.curve import Key
from pmv_tui.wire.overlay import Box, Points

__all__ = [
    "Box",
    "Boxes",
    "Frame",
    "Key",
    "NoLocalRoad",
    "PairedSubscription",
    "Points",
    "Subscription",
    "boxes",
    "subscribe",
    "subscribe_all",
]
