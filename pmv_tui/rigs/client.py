"""What a rig of a terminal answers: another machine's word, looked at before it is used."""

from collections.abc import Collection
from typing import Any

from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import EngineGone
from pmv_tui.wire.status import AnswerTimes, Reply, Trend
from pmv_tui.wire.unfit import why_cut_off, why_no_figures, why_no_image, why_unfit


class Unreadable(EngineGone):
    """An engine answered, but not with what this version expects; the text says what it did."""

    def __init__(self, doing: str) -> None:
        super().__init__(f"the engine {doing}")
        self.doing = doing


class RigClient:
    """Asks a rig's engine by whatever way there is now; `connect` and `disconnect` change it."""

    def __init__(self) -> None:
        self._client: AsyncControlClient | None = None

    def connect(self, endpoint: str) -> None:
        """Ask there from now on."""
        self.disconnect()
        self._client = AsyncControlClient(endpoint)

    def disconnect(self) -> None:
        """Have no way to ask; a request under way never returns."""
        if self._client:
            self._client.close()
            self._client = None

    close = disconnect

    async def request(self, command: str, **arguments: Any) -> Reply:
        """Send a question or a command.

        Raises
        ------
        Unreadable : what came is no answer to it.
        EngineGone : nothing came, or there is no way to ask.
        """
        if self._client is None:
            raise EngineGone("there is no connection")
        reply = await self._client.request(command, **arguments)
        if why := _why_unfit(reply, arguments.get("fields", ())):
            raise Unreadable(f"sends what cannot be read ({why})")
        return reply


def _why_unfit(reply: Reply, fields: Collection[Trend]) -> str:
    _complete(reply)
    if why := why_unfit(reply, Reply):
        return f"answer{why}"
    if "image" in reply and (why := why_no_image(reply["image"])):
        return why
    for thumbnail in reply.get("thumbnails", []):
        if (figures := thumbnail.get("figures")) and (why := why_no_figures(figures)):
            return why
    histories = reply.get("histories", [])
    return next((why for each in histories if (why := why_cut_off(each, fields))), "")


def _complete(reply: Any) -> None:
    """Add what an engine of before answers were timed does not report, where it can be added."""
    snapshot = reply.get("snapshot") if isinstance(reply, dict) else None
    cameras = snapshot.get("cameras") if isinstance(snapshot, dict) else None
    for camera in cameras if isinstance(cameras, list) else []:
        if isinstance(camera, dict):
            for key in AnswerTimes.__annotations__:
                camera.setdefault(key, None)
