"""What is made of the bytes that the kernel counts: what a client gets, and how many it missed."""

import pytest

from pmv_tui.engine.clients.delivery import (
    LOOK_INTERVAL,
    LOOKS,
    SEND_QUEUE,
    SETTLED,
    Delivery,
    Offer,
    Taken,
)

SIZE = 100_000
HANDSHAKE = 92


class Client:
    """One whose camera and kernel are figures: looked at twice a second, by default at 60 fps."""

    def __init__(self) -> None:
        self.delivery = Delivery()
        self.images = 500  # before it came
        self.handed = 0.0
        self.waiting = 0
        self.room = True
        self.age = 0.0  # of the last image, when it is looked at
        self._now = 1000.0
        self._bytes = self.images * SIZE
        self.size = SIZE
        self.delivery.begin(*self._figures())

    def _figures(self) -> tuple[Offer, Taken]:
        handed = HANDSHAKE + round(self.handed)
        offer = Offer(self.images, self._bytes, self._now - self.age)
        return offer, Taken(self._now, handed, self.waiting, self.room)

    def look(self, images: int = 30, handed: float | None = None, times: int = 1) -> int:
        """Let a look's time pass, in which images are published, of which the kernel takes some."""
        more = 0
        for _ in range(times):
            self._now += LOOK_INTERVAL
            self.images += images
            self._bytes += images * self.size
            self.handed += (images if handed is None else handed) * self.size
            more += self.delivery.look(*self._figures())
        return more

    def begin(self) -> None:
        """Subscribe again."""
        self.delivery.begin(*self._figures())

    @property
    def seconds(self) -> float:
        """How long it is there."""
        return self._now - 1000.0

    @property
    def text(self) -> str:
        """What is said of it."""
        return self.delivery.status()["text"]


@pytest.fixture
def client() -> Client:
    return Client()


def test_one_that_gets_every_image_keeps_up_and_has_missed_none(client: Client) -> None:
    assert client.look(times=100) == 0
    status = client.delivery.status()
    assert (status["text"], status["missed"], status["waiting_bytes"]) == ("keeps up", 0, 0)
    assert status["fps"] == pytest.approx(60)
    assert status["mb_s"] == pytest.approx(6)


def test_one_that_gets_a_sixth_is_too_slow_by_that_much(client: Client) -> None:
    client.waiting, client.room = 400_000, False
    client.look(handed=5, times=40)
    held = 40 * 25 - client.delivery.missed
    assert 0 <= held <= 30, "half a second is not judged yet"
    assert client.text == "too slow: gets 10 of 60 images/s"
    client.room = True
    client.look(images=0, handed=SEND_QUEUE)  # what libzmq held
    client.look(images=0, times=2)
    assert client.delivery.missed == 40 * 25 - SEND_QUEUE


def test_images_on_their_way_are_not_missed_however_often_they_are_seen(client: Client) -> None:
    client.look(handed=29)  # one is about to be handed over, at each look
    assert client.look(times=5) == 0
    client.look(handed=31)
    client.look(handed=28)
    assert client.look(images=0, handed=2, times=1) == 0
    assert client.look(times=20) == 0


def test_a_full_queue_is_not_missed(client: Client) -> None:
    client.room = False
    client.look(handed=30 - SEND_QUEUE - 1)
    assert client.look(times=30) == 0


def test_a_single_missed_image_is_counted_once_it_is_certain(client: Client) -> None:
    client.look(handed=29)
    assert client.look(times=11) == 1
    assert client.text == "missed 1 image just now"
    client.look()
    assert client.delivery.status()["state"] == "keeps up"
    assert client.text == "missed 1 image, keeps up"
    client.look(times=LOOKS)
    assert client.text == "keeps up"


@pytest.mark.parametrize(("took", "missed"), [(0, 30 * 6), (28, 2 * 6)])
def test_after_a_stop_all_that_was_missed_is_known_within_two_seconds(
    client: Client, took: int, missed: int
) -> None:
    client.age = 2 * SETTLED
    client.look(times=LOOKS)
    client.room = False
    client.look(handed=took, times=6)
    client.room = True
    client.look(times=3)
    assert client.delivery.missed == missed
    client.look(times=LOOKS)
    assert (client.delivery.missed, client.text) == (missed, "keeps up")


def test_one_that_leaves_just_after_a_stop_has_missed_all_that_it_missed(client: Client) -> None:
    client.age = 2 * SETTLED
    client.room = False
    client.look(handed=0, times=6)
    client.room = True
    client.look()
    assert client.delivery.missed < 180
    client.delivery.end()
    assert client.delivery.missed == 180


def test_what_a_busy_machine_delays_at_two_looks_is_not_missed(client: Client) -> None:
    client.age = 2 * SETTLED
    for _ in range(20):
        client.look()
        client.look(handed=29)
        assert client.look() == 0
        client.look(handed=31)


def test_only_one_that_goes_on_missing_images_is_too_slow(client: Client) -> None:
    client.age = 2 * SETTLED
    client.look(times=LOOKS)
    client.look(handed=0, times=2)
    states = list[str]()
    for _ in range(LOOKS):
        client.look()
        states.append(client.delivery.status()["state"])
    assert states == ["keeps up"] * LOOKS, "it is over"
    client.room = False
    client.look(handed=20, times=6)
    assert client.delivery.status()["state"] == "too slow"
    client.room = True
    client.look(times=6)
    missed = client.delivery.missed - 60
    assert client.text == f"missed {missed} images, keeps up"
    assert missed == 60


def test_one_that_misses_a_few_images_again_and_again_is_too_slow(client: Client) -> None:
    client.room = False
    for _ in range(LOOKS):
        client.look(handed=29)
        client.look()
    assert client.text == "too slow: gets 59 of 60 images/s"
    assert client.delivery.status()["fps"] == pytest.approx(59, abs=0.5), "as the figure says"


def test_one_that_got_no_image_yet_does_not_keep_up(client: Client) -> None:
    for _ in range(8):
        status = client.delivery.status()
        expected = "just connected" if client.seconds < 1 else "waits for images"
        assert (status["state"], status["text"]) == ("waits for images", expected)
        client.look(images=0)
    client.look()
    assert client.text == "keeps up"


def test_the_first_look_may_find_images_on_their_way(client: Client) -> None:
    client.look(handed=32)
    client.look(handed=25)
    assert client.look(times=20) == 5, "none of those that came first hides one that is missed"


def test_one_that_takes_nothing_does_not_read_whether_or_not_images_go_on(client: Client) -> None:
    client.waiting = 50_000
    client.look(handed=0.5)
    client.look(handed=0, times=24)
    assert client.text == "does not read: nothing taken for 12 s"
    client.look(images=0, handed=0, times=8)
    assert client.text == "does not read: nothing taken for 16 s"


def test_while_nothing_is_offered_nobody_is_behind(client: Client) -> None:
    client.look(handed=5, times=10)
    assert "too slow" in client.text
    client.look(images=0, handed=0, times=4)
    assert client.text == "waits for images"
    client.look(times=1)
    client.look(times=LOOKS)
    assert client.text == "keeps up"


def test_a_slow_camera_is_no_pause(client: Client) -> None:
    for _ in range(8):
        client.look(images=1)
        client.look(images=0, times=4)
        assert client.text == "keeps up"
    client.look(images=0, times=12)
    assert client.text == "waits for images"


def test_images_of_another_size_are_counted_as_images(client: Client) -> None:
    client.look(handed=20, times=10)
    client.size = SIZE // 16
    client.look()
    assert client.delivery.status()["fps"] == pytest.approx(40, abs=5)
    client.look(times=19)
    assert client.delivery.missed == 100
    client.size = SIZE * 4
    client.look(handed=28, times=10)
    client.look(times=15)
    assert client.delivery.missed == 120


def test_answers_to_heartbeats_hide_no_missed_image(client: Client) -> None:
    for _ in range(500):
        client.look(handed=30 + 9 / SIZE * 1000)
    client.look(handed=20)
    client.look(times=20)
    assert client.delivery.missed == 10


def test_one_that_subscribes_again_missed_nothing_meanwhile(client: Client) -> None:
    client.look(handed=20, times=10)
    client.look(times=20)
    client.images += 1000
    client._bytes += 1000 * SIZE
    client.begin()
    client.look(times=20)
    assert client.delivery.missed == 100
    client.look(handed=20, times=10)
    client.look(times=20)
    assert client.delivery.missed == 200


def test_what_a_slow_one_missed_last_is_counted_when_it_leaves(client: Client) -> None:
    client.room = False
    client.look(handed=0, times=20)
    counted = client.delivery.missed
    more = client.delivery.end()
    assert more > 0
    assert counted + more == 20 * 30 - SEND_QUEUE - 1
