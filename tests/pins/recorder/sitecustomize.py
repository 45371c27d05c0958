"""Has a rig's engine note each request that reaches its control socket, in hex, a line each.

Python imports it at its start where this folder is on its path.
"""

import sys
from pathlib import Path
from typing import Any

ASKED = "asked"
"""The file, in the engine's working folder."""


def _record() -> None:
    import zmq  # noqa: PLC0415 - in engines only

    receive = zmq.Socket.recv_multipart

    def recv_multipart(self: Any, *arguments: Any, **options: Any) -> Any:
        parts = receive(self, *arguments, **options)
        if self.type == zmq.ROUTER:
            with Path(ASKED).open("a") as file:
                file.write(f"{bytes(parts[-1]).hex()}\n")
        return parts

    zmq.Socket.recv_multipart = recv_multipart  # type: ignore[method-assign]


if "serve" in sys.orig_argv:
    _record()
