"""What the examples share: addresses from the command line, and words for when no image comes."""

import argparse
import re
import socket
import sys
from collections.abc import Mapping
from typing import Any

PATIENCE = 5.0
"""Seconds without an image after which it is said what may be in the way."""

HELP = {
    "pub": "where the camera publishes, its pub_address",
    "pull": "where it receives boxes and points, its pull_address",
}


def read_addresses(description: str, defaults: Mapping[str, str]) -> list[str]:
    """Read the command line: addresses in the order of `defaults`, or else those."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in defaults.items():
        text = f"{HELP[name]}; default: %(default)s"
        parser.add_argument(name, nargs="?", type=_address, default=default, help=text)
    return [*vars(parser.parse_args()).values()]


def _address(text: str) -> str:
    match = re.fullmatch(r"tcp://[^/*]+:(\d{1,5})", text)
    if match is None or not 1 <= int(match[1]) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: an address looks like tcp://localhost:5555")
    return text


def next_message(sub_socket: Any, address: str) -> list[bytes]:
    """Wait for an image's three parts, and say what may be in the way while none comes."""
    if not sub_socket.poll(int(PATIENCE * 1000)):
        print(f"no image within {PATIENCE:g} s: {why_silent(address)}", file=sys.stderr, flush=True)
    parts: list[bytes] = sub_socket.recv_multipart()
    if len(parts) != 3 or parts[0] != b"image":
        sys.exit(f"what comes from {address} is no image: {taken(address)}")
    return parts


def why_silent(address: str) -> str:
    """Say why no image may come from an address, and what to do."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except OSError as error:
        reason = error.strerror or error
        return f"nothing answers at {address} ({reason}); plug the camera, or give its pub_address"
    return (
        f"something listens at {address}; is the camera paused? Does its rig accept only clients "
        "with keys (curve = true in its config, see docs/security.md)? "
        f"If neither, {taken(address)}"
    )


def taken(address: str) -> str:
    """Say what to do about a port that another program, or the camera's other socket, has."""
    port = address.rpartition(":")[2]
    return (
        f"port {port} is in the way: it is another program's, or no pub_address; pmv-tui status "
        f"shows the cameras' addresses, and on the rig `ss -tlnp sport = :{port}` who has the port"
    )
