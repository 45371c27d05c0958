"""The keys of a rig: its own pair, and the list of clients that are let in."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import zmq

from pmv_tui.curve import KeyFileError, pair_in, read_keys, read_public, text_of
from pmv_tui.system import PRIVATE, why_not_private

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Stamp = tuple[tuple[str, int, int], ...]
"""The files of a list: their names, times of change in ns, sizes."""


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A file of the list.

    Parameters
    ----------
    name : of the client: the file's, without `.key`.
    public : its key, Z85; empty where the file holds none.
    problem : why it holds none; else empty.
    """

    name: str
    public: bytes
    problem: str = ""


class Keys:
    """The folder with a rig's keys. Nothing is read or made until it is asked for.

    Parameters
    ----------
    folder : absolute; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server_public = folder / "server.key"
        self.server_secret = folder / "server.key_secret"
        self.clients_folder = folder / "clients"
        """The public key of each client that is let in."""
        self.secrets_folder = folder / "secrets"
        """The secret files that were made here, until they are moved to their clients."""

    def server(self) -> tuple[bytes, bytes]:
        """Return the rig's own pair: public, secret.

        Raises
        ------
        KeyFileError : there is none, or it cannot be used.
        """
        if not os.path.lexists(self.server_secret):
            raise KeyFileError(
                f"there is no key of this rig in {self.folder}; pmv-tui keys server makes it"
            )
        self._refuse_shared(self.folder)
        return pair_in(self.server_secret, read_keys(self.server_secret))

    def make_server(self) -> bytes:
        """Make the rig's own pair unless there is one; return its public key.

        Raises
        ------
        KeyFileError : it cannot be made, or the one there cannot be used.
        """
        if not os.path.lexists(self.server_secret):
            if os.path.lexists(self.server_public):
                raise KeyFileError(
                    f"{self.server_public} is there, but {self.server_secret.name} is not: bring "
                    "that back, or remove this one, too, and create new keys for the clients"
                )
            self._make_pair("the rig", self.server_public, self.server_secret)
        public, _ = self.server()
        if not os.path.lexists(self.server_public):
            self._write_public("the rig", self.server_public, public)
        return public

    def make_client(self, name: str) -> Path:
        """Make a client's pair and put it on the list; the rig's own is made where it is missing.

        Returns
        -------
        The secret file, which belongs on the client's machine.

        Raises
        ------
        KeyFileError : the name cannot be one or is taken, or the files cannot be made.
        """
        listed = self._listed(name)
        secret = self.secrets_folder / f"{name}.key_secret"
        for path in (listed, secret):
            if os.path.lexists(path):
                raise KeyFileError(
                    f"{name} has a key already, {path}; pmv-tui keys remove {name} takes it away"
                )
        self._make_pair(f"the client {name}", listed, secret, server_key=self.make_server())
        return secret

    def remove_client(self, name: str) -> None:
        """Take a client off the list, and its secret file away where it is still here.

        Raises
        ------
        KeyFileError : it is not listed, or cannot be removed.
        """
        listed = self._listed(name)
        with _named(listed):
            if not os.path.lexists(listed):
                raise KeyFileError(f"no client {name} is listed in {self.clients_folder}")
            listed.unlink()
            (self.secrets_folder / f"{name}.key_secret").unlink(missing_ok=True)

    def stamp(self) -> Stamp:
        """Return what changes whenever the list does: cheaper than reading it.

        Raises
        ------
        KeyFileError : the list cannot be looked at, or others can change it.
        """
        with _named(self.clients_folder):
            try:
                files = sorted(os.scandir(self.clients_folder), key=lambda file: file.name)
            except FileNotFoundError:
                return ()
            self._refuse_shared(self.folder)
            self._refuse_shared(self.clients_folder)
            stamps: list[tuple[str, int, int]] = []
            for file in files:
                if file.name.endswith(".key"):
                    with suppress(FileNotFoundError):  # removed meanwhile
                        stamps += _stamped(file)
            return tuple(stamps)

    def clients(self) -> list[ListedClient]:
        """Read the list, by name; a file that holds no key lets nobody in.

        Raises
        ------
        KeyFileError : the list cannot be read, or others can change it.
        """
        found = []
        for file_name, *_ in self.stamp():
            name = file_name.removesuffix(".key")
            try:
                found.append(ListedClient(name, read_public(self._listed(name))))
            except KeyFileError as error:
                found.append(ListedClient(name, b"", str(error)))
        return found

    def _listed(self, name: str) -> Path:
        """Return the file of a client on the list; a `KeyFileError` where none can be called so."""
        if not _NAME.fullmatch(name):
            raise KeyFileError(
                f"{name!r} cannot be a client's name: letters and digits, with . _ - between, "
                "64 at most"
            )
        return self.clients_folder / f"{name}.key"

    def _make_pair(self, whose: str, public: Path, secret: Path, **metadata: bytes) -> None:
        """Make both files or none; what is there already is never written over."""
        pair = dict(zip(("public-key", "secret-key"), zmq.curve_keypair(), strict=True))
        title = f"Secret key of {whose}: whoever has this file is taken for it."
        self._write_new(secret, text_of(title, pair, **metadata))
        try:
            self._write_public(whose, public, pair["public-key"])
        except KeyFileError:
            secret.unlink()
            raise

    def _write_public(self, whose: str, path: Path, key: bytes) -> None:
        self._write_new(path, text_of(f"Public key of {whose}.", {"public-key": key}))

    def _write_new(self, path: Path, text: str) -> None:
        with _named(path):
            for folder in (self.folder, path.parent):
                folder.mkdir(PRIVATE, parents=True, exist_ok=True)
                self._refuse_shared(folder)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(text)
            except OSError:
                path.unlink()
                raise

    @staticmethod
    def _refuse_shared(folder: Path) -> None:
        if problem := why_not_private(folder):
            raise KeyFileError(problem)


def _stamped(file: "os.DirEntry[str]") -> Iterator[tuple[str, int, int]]:
    """Stamp a file of the list; what else lies there is none.

    Raises
    ------
    FileNotFoundError : it is no longer there.
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        raise
    except OSError:
        # A link that leads round in a circle, a disk that is away: that it cannot be read is
        # reported of this file, and holds for no other.
        status = file.stat(follow_symlinks=False)
    else:
        if not stat.S_ISREG(status.st_mode):
            return
    yield file.name, status.st_mtime_ns, status.st_size


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in whatever the system refuses."""
    try:
        yield
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
