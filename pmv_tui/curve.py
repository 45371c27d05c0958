"""CURVE keys in files, and on the socket of a client. Needs only pyzmq.

A file is a certificate of `zmq.auth`; keys are in Z85, 40 characters. A client's secret file also
holds the public key of its rig, so that it is all that a script needs.
"""

import os
import re
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import zmq
from zmq.utils import z85

_KEY = r"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}"
_LINE = re.compile(rf"\s*(?P<name>[a-z-]+)\s*=\s*\"?(?P<key>{_KEY})\"?\s*")

_FORM = """# {title}
metadata
{metadata}curve
{keys}"""


class KeyFileError(ValueError):
    """A key file cannot be used; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a client shows a rig, and knows it by.

    Parameters
    ----------
    public, secret : the client's own pair, Z85.
    server : the rig's public key, Z85.
    """

    public: bytes
    secret: bytes = field(repr=False)
    server: bytes

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], server: str | os.PathLike[str] | None = None
    ) -> "Key":
        """Read the file that `pmv-tui keys new` made.

        Parameters
        ----------
        path : the client's secret file.
        server : the rig's `server.key`, where `path` does not hold its key.

        Raises
        ------
        KeyFileError : a file cannot be read, holds no such key, or can be read by others.
        """
        keys = read_keys(path)
        public, secret = pair_in(path, keys)
        if server is not None:
            return cls(public, secret, read_public(server))
        if "server-key" not in keys:
            raise KeyFileError(f"{path} does not contain the rig's key: name its server.key, too")
        return cls(public, secret, keys["server-key"])

    @classmethod
    def of(cls, key: "Key | str | os.PathLike[str]") -> "Key":
        """Take a key as it is, or read it from its file.

        Raises
        ------
        KeyFileError : it is neither, or the file cannot be used.
        """
        if isinstance(key, Key):
            return key
        given: object = key
        if isinstance(given, str | os.PathLike):
            return cls.load(given)
        kind = type(given).__name__  # What it holds may be secret.
        raise KeyFileError(f"a key is a Key or the path of its file, not of type {kind}")

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Encrypt a socket's connections; before it connects."""
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret
        socket.curve_serverkey = self.server


AnyKey = Union[Key, str, "os.PathLike[str]"]
"""A key, or the path of its file."""


def read_public(path: str | os.PathLike[str]) -> bytes:
    """Read a public key.

    Raises
    ------
    KeyFileError : there is none.
    """
    keys = read_keys(path)
    if "public-key" not in keys:
        raise KeyFileError(f"{path} contains no public key")
    return keys["public-key"]


def read_keys(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Read every key of a file, by its name there; the first counts where one stands twice.

    Raises
    ------
    KeyFileError : it cannot be read, or holds a secret and can be read by others.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            found = [match for line in file if (match := _LINE.fullmatch(line))]
            mode = os.fstat(file.fileno()).st_mode
    except UnicodeDecodeError:
        raise KeyFileError(f"{path} is not a key file") from None
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    keys = {match["name"]: match["key"].encode() for match in reversed(found)}
    for name, key in keys.items():
        try:
            z85.decode(key)
        except (ValueError, struct.error):
            raise KeyFileError(
                f"{path}: its {name} is damaged; copy it again, or create a new one"
            ) from None
    if "secret-key" in keys and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{path} is secret, but others can read it: chmod 600 {path}")
    return keys


def pair_in(path: str | os.PathLike[str], keys: dict[str, bytes]) -> tuple[bytes, bytes]:
    """Return the public key and the secret one of those that a file holds.

    Raises
    ------
    KeyFileError : there are none, or they do not belong together.
    """
    match keys:
        case {"public-key": public, "secret-key": secret}:
            if zmq.curve_public(secret) != public:
                raise KeyFileError(f"{path}: its two keys do not belong together")
            return public, secret
    raise KeyFileError(
        f"{path} contains no secret key; is it a .key file instead of its .key_secret?"
    )


def text_of(title: str, keys: dict[str, bytes], **metadata: bytes) -> str:
    """Write a key file.

    Parameters
    ----------
    title : a line for people.
    keys : by their names in the file.
    metadata : further ones, that are no part of the pair.
    """
    return _FORM.format(title=title, metadata=_lines(metadata), keys=_lines(keys))


def _lines(keys: dict[str, Any]) -> str:
    return "".join(
        f'    {name.replace("_", "-")} = "{key.decode()}"\n' for name, key in keys.items()
    )
