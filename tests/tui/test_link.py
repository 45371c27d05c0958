"""The link asks for events once each, also when another engine restarts the count."""

import asyncio
import contextlib
from typing import Any

from textual.message import Message

from pmv_tui.control.client import encode_request
from pmv_tui.tui.link import EngineLink, EngineSilent, EventsArrived
from pmv_tui.wire.status import Reply
from tests.support import DEADLINE
from tests.tui.rig_double import RigDouble


def texts(messages: list[Message]) -> list[str]:
    return [
        event["text"]
        for message in messages
        if isinstance(message, EventsArrived)
        for event in message.events
    ]


def test_the_events_of_an_engine_and_of_its_successor_all_arrive_once() -> None:
    rig, messages = RigDouble(), list[Message]()
    link = EngineLink(rig, messages.append)

    async def arrived(expected: list[str]) -> None:
        while texts(messages) != expected:
            await asyncio.sleep(0.01)

    async def scenario() -> None:
        running = asyncio.create_task(link.run())
        rig.log("one")
        rig.log("two")
        await asyncio.wait_for(arrived(["one", "two"]), DEADLINE)
        rig.events.clear()
        rig.engine["started"] += 1
        rig.log("anew")
        await asyncio.wait_for(arrived(["one", "two", "anew"]), DEADLINE)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(scenario())


def test_a_refusal_of_the_whole_is_a_failed_result() -> None:
    class Refusing(RigDouble):
        async def request(self, command: str, **_: Any) -> Reply:
            return Reply(ok=False, error=f"{command} is unknown")

    link = EngineLink(Refusing(), print)
    results = asyncio.run(link.command("plug", camera="left"))
    assert results == [{"camera": "", "ok": False, "text": "plug is unknown"}]


def test_a_tui_attaches_and_signs_its_questions_only_to_engines_that_know_no_attach() -> None:
    class Asked(RigDouble):
        knows_attach = True

        async def request(self, command: str, **arguments: Any) -> Reply:
            asked.append((command, "operator" in arguments))
            if command == "attach" and not self.knows_attach:
                return Reply(ok=False, error="no command 'attach'")
            return await super().request(command, **arguments)

    async def scenario(wanted: list[tuple[str, bool]]) -> None:
        async def reached() -> None:
            while asked[-len(wanted) :] != wanted:
                await asyncio.sleep(0.01)

        running = asyncio.create_task(EngineLink(rig, print, "me").run())
        await asyncio.wait_for(reached(), DEADLINE)
        running.cancel()

    asked: list[tuple[str, bool]] = []
    rig = Asked()
    asyncio.run(scenario([("snapshot", True), ("attach", True), ("snapshot", False)]))
    rig.knows_attach = False
    asyncio.run(scenario([("snapshot", True), ("attach", True), ("snapshot", True)]))


def test_nothing_is_sent_to_an_engine_that_has_ended() -> None:
    rig = RigDouble()
    link = EngineLink(rig, print, hindrance=lambda: "the engine has ended")
    (result,) = asyncio.run(link.command("plug", camera="left"))
    assert not result["ok"]
    assert result["text"].startswith("plug: the engine has ended")
    assert rig.commands == []


def test_what_no_message_holds_is_refused_in_words() -> None:
    class Encoding(RigDouble):
        async def request(self, command: str, **arguments: Any) -> Reply:
            encode_request(command, arguments)
            return Reply(ok=True)

    link = EngineLink(Encoding(), print)
    for value, words in ((10**30, "more than 64 bits"), ("x" * 70_000, "reads 65536 at most")):
        (result,) = asyncio.run(link.command("set", changes={"name": value}))
        assert words in result["text"]


def test_an_engine_of_another_version_is_reported_of_and_not_drawn() -> None:
    rig, messages = RigDouble(), list[Message]()
    rig.engine["protocol"] -= 1

    async def scenario() -> None:
        running = asyncio.create_task(EngineLink(rig, messages.append).run())
        while not messages:
            await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    (message,) = messages
    assert isinstance(message, EngineSilent)
    assert "pmv-tui stop ends it" in message.reason
