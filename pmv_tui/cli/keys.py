"""The commands for keys: who is let in where `[security]` is on."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.grammar import DONE, WRONG, CommandFailed, Grammar, said_of, show
from pmv_tui.cli.rig import load

if TYPE_CHECKING:
    from pmv_tui.keys import Keys

Outcome = tuple[Any, list[str]]
"""What an action did: for --json, and for people."""

NAMELESS = ("list", "server")
"""Actions that take no client's name."""


def add_commands(grammar: Grammar) -> None:
    """Add `keys`."""
    keys = grammar.command("keys", _keys, "create, list and remove the keys of accepted clients")
    keys.add_argument(
        "action",
        choices=["new", "list", "remove", "server"],
        help="create a client's key and list it; list them; take one off the list; "
        "show the rig's own key, created if there is none",
    )
    keys.add_argument("name", metavar="NAME", nargs="?", help="a client, for new and remove")


def _keys(options: argparse.Namespace) -> int:
    from pmv_tui.curve import KeyFileError
    from pmv_tui.keys import Keys

    if (options.name is None) != (options.action in NAMELESS):
        needed = "takes no name" if options.name else "needs a client's name"
        raise CommandFailed(f"keys {options.action} {needed}", WRONG)
    loaded = load(options)
    notes: list[str] = []
    if not loaded.config.security.curve:
        notes = ["no key is required yet: set curve = true in [security] and restart the engine"]
    actions: dict[str, Callable[[Keys, Any], Outcome]] = {
        "new": _new,
        "list": _list,
        "remove": _remove,
        "server": _server,
    }
    with said_of(KeyFileError):
        about, lines = actions[options.action](Keys(loaded.keys_folder), options.name)
    show(options, about, lambda: lines + notes)
    return DONE


def _new(keys: "Keys", name: str) -> Outcome:
    secret = keys.make_client(name)
    server, server_lines = _server(keys)
    lines = [
        f"{name} is listed in {keys.clients_folder}",
        f"move to the client's machine: {secret}",
        f'in its script: subscribe(ADDRESS, key="{secret.name}")',
        *server_lines,
    ]
    return {"name": name, "secret_file": str(secret), **server}, lines


def _list(keys: "Keys", _: None) -> Outcome:
    clients = keys.clients()
    about = [
        {"name": each.name, "public_key": each.public.decode(), "problem": each.problem}
        for each in clients
    ]
    lines = [f"{each.name}  {each.public.decode() or each.problem}" for each in clients]
    none = [f"no client is listed in {keys.clients_folder}; pmv-tui keys new NAME lists one"]
    return about, lines or none


def _remove(keys: "Keys", name: str) -> Outcome:
    keys.remove_client(name)
    text = f"{name} is no longer listed; a running engine disconnects it within a second"
    return {"name": name}, [text]


def _server(keys: "Keys", _: None = None) -> Outcome:
    public = keys.make_server().decode()
    about = {"server_key": public, "server_file": str(keys.server_public)}
    return about, [f"this rig's public key: {public}, in {keys.server_public}"]
