"""Key files: made, listed, removed, read; and refused where they are not to be trusted."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq
import zmq.auth

from pmv_tui.curve import Key, KeyFileError
from pmv_tui.engine.clients.gate import Gate
from pmv_tui.keys import Keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


def names(keys: Keys) -> list[str]:
    return [client.name for client in keys.clients() if not client.problem]


def test_a_new_client_is_listed_and_its_file_is_all_that_it_needs(keys: Keys) -> None:
    secret = keys.make_client("alice")
    key = Key.load(secret)
    (alice,) = keys.clients()
    assert (alice.name, alice.public) == ("alice", key.public)
    assert key.server == keys.server()[0]
    assert zmq.curve_public(key.secret) == key.public


def test_other_programs_read_the_files_too(keys: Keys) -> None:
    secret = keys.make_client("alice")
    key = Key.load(secret)
    assert zmq.auth.load_certificate(secret) == (key.public, key.secret)
    assert zmq.auth.load_certificate(keys.server_public) == (key.server, None)
    assert zmq.auth.load_certificates(keys.clients_folder) == {key.public: True}


def test_files_of_other_programs_are_read(keys: Keys, tmp_path: Path) -> None:
    keys.make_server()
    public, secret = zmq.auth.create_certificates(tmp_path, "bob")
    Path(secret).chmod(0o600)
    with pytest.raises(KeyFileError, match=r"does not contain the rig's key: name its server\.key"):
        Key.load(secret)
    assert Key.load(secret, server=keys.server_public).server == keys.server()[0]
    keys.clients_folder.mkdir(0o700)
    Path(public).rename(keys.clients_folder / "bob.key")
    assert names(keys) == ["bob"]


def test_what_is_made_is_for_this_user_alone_whatever_the_umask(keys: Keys) -> None:
    former = os.umask(0)
    try:
        keys.make_client("alice")
    finally:
        os.umask(former)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.folder.rglob("*")}
    assert modes == {
        "clients": 0o700,
        "secrets": 0o700,
        "server.key": 0o600,
        "server.key_secret": 0o600,
        "alice.key": 0o600,
        "alice.key_secret": 0o600,
    }


def test_nothing_is_written_over(keys: Keys) -> None:
    secrets = [keys.make_client("alice"), keys.server_secret]
    before = [secret.read_text() for secret in secrets]
    with pytest.raises(KeyFileError, match="alice has a key already"):
        keys.make_client("alice")
    keys.make_server()
    assert [secret.read_text() for secret in secrets] == before


def test_the_rigs_public_file_can_be_had_again(keys: Keys) -> None:
    keys.make_server()
    before = keys.server_public.read_text()
    keys.server_public.unlink()
    assert keys.make_server().decode() in before
    assert keys.server_public.read_text() == before


def test_where_the_list_takes_no_file_no_secret_is_left_behind(keys: Keys) -> None:
    keys.make_server()
    keys.clients_folder.write_text("in the way")
    with pytest.raises(KeyFileError, match=r"clients/alice\.key: "):
        keys.make_client("alice")
    assert list(keys.secrets_folder.iterdir()) == []


def test_a_client_that_is_removed_is_gone_with_its_secret(keys: Keys) -> None:
    secret = keys.make_client("alice")
    keys.make_client("bob")
    keys.remove_client("alice")
    assert names(keys) == ["bob"]
    assert not secret.exists()
    with pytest.raises(KeyFileError, match="no client alice is listed"):
        keys.remove_client("alice")


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x", "a/b", "/etc/x", ".hidden", "a\nb", "a\0b", "-v", "ü", "x" * 65, "a b"],
)
def test_a_name_that_leads_elsewhere_is_refused(keys: Keys, name: str) -> None:
    for act in (keys.make_client, keys.remove_client):
        with pytest.raises(KeyFileError, match="cannot be a client's name"):
            act(name)
    assert not keys.folder.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_refused(keys: Keys, mode: int) -> None:
    secret = keys.make_client("alice")
    for path in (secret, keys.server_secret):
        path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"others can read it: chmod 600 {secret}"):
        Key.load(secret)
    with pytest.raises(KeyFileError, match="others can read it"):
        keys.server()


@pytest.mark.parametrize("which", [lambda keys: keys.folder, lambda keys: keys.clients_folder])
def test_a_list_that_others_can_change_lists_nobody(
    keys: Keys, which: Callable[[Keys], Path]
) -> None:
    keys.make_client("alice")
    which(keys).chmod(0o777)
    with pytest.raises(KeyFileError, match="can be written to by others"):
        keys.clients()


def test_files_without_a_key_are_reported_and_list_nobody(keys: Keys) -> None:
    keys.make_client("alice")
    for name, content in (("empty", b""), ("short", b'public-key = "abc"'), ("odd", b"\xff\0\xfe")):
        (keys.clients_folder / f"{name}.key").write_bytes(content)
    (keys.clients_folder / "folder.key").mkdir()
    (keys.clients_folder / "gone.key").symlink_to("nowhere")
    (keys.clients_folder / "round.key").symlink_to("round.key")
    (keys.clients_folder / "notes.txt").write_text("no key")
    assert names(keys) == ["alice"]
    problems = {client.name: client.problem for client in keys.clients() if client.problem}
    assert problems.keys() == {"empty", "short", "odd", "round"}
    assert "Too many levels of symbolic links" in problems["round"]


def test_a_damaged_key_is_reported_and_lists_nobody(keys: Keys) -> None:
    secret = keys.make_client("alice")
    (alice,) = keys.clients()
    listed = keys.clients_folder / "alice.key"
    for path in (secret, listed):
        path.write_text(path.read_text().replace(alice.public.decode()[:6], "######"))
    with pytest.raises(KeyFileError, match="public-key is damaged"):
        Key.load(secret)
    assert names(keys) == []


def test_a_rigs_public_file_without_its_secret_is_reported(keys: Keys) -> None:
    keys.make_client("alice")
    keys.server_secret.unlink()
    with pytest.raises(KeyFileError, match="key_secret is not"):
        keys.make_server()


def test_a_pair_that_does_not_belong_together_is_refused(keys: Keys) -> None:
    alice, bob = keys.make_client("alice"), keys.make_client("bob")
    public = Key.load(bob).public.decode()
    alice.write_text(alice.read_text().replace(Key.load(alice).public.decode(), public))
    with pytest.raises(KeyFileError, match="do not belong together"):
        Key.load(alice)


def test_a_public_file_in_place_of_the_secret_one_is_named(keys: Keys) -> None:
    keys.make_client("alice")
    with pytest.raises(KeyFileError, match=r"is it a \.key file instead of its \.key_secret"):
        Key.load(keys.clients_folder / "alice.key")
    with pytest.raises(KeyFileError, match=r"nowhere: No such file"):
        Key.load("nowhere")


def test_a_key_that_is_printed_keeps_its_secret(keys: Keys) -> None:
    key = Key.load(keys.make_client("alice"))
    assert key.secret.decode() not in f"{key} {key!r}"


def test_a_file_that_is_no_key_is_reported_once_however_often_the_list_changes(
    keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    keys.make_client("alice")
    (keys.clients_folder / "round.key").symlink_to("round.key")

    def warnings() -> int:
        return caplog.text.count("a key file is ignored")

    with zmq.Context[zmq.Socket[bytes]]() as context:
        gate = Gate(context, keys)
        gate.start()
        try:
            door = gate.door()
            gate.read_keys(door).result()
            assert warnings() == 1
            keys.make_client("bob")
            gate.read_keys(door).result()
            assert gate.listed() == 2
            assert warnings() == 1
        finally:
            assert gate.stop()
