"""What each command asks the engine, prints, changes in the config file, and how it ends."""

import json
import re
from typing import Any

import pytest
import zmq

from tests.pins.pin import Pins
from tests.pins.pinned_rig import PinnedRig
from tests.pins.transcript import Transcript
from tests.support import wait_for

STEERING = """\
plug left
plug left
plug left-simulated right
plug nobody
plug left nobody
plug
pause left
pause left
pause spare
resume left
resume left
unplug left right
unplug left
addresses left {free_0} {free_1}
plug left
addresses left {left_pub} {left_pull}
addresses left {left_pub} {left_pub}
addresses left {right_pub} {left_pull}
addresses left tcp://localhost {left_pull}
addresses left tcp://localhost:70000 {left_pull}
addresses left udp://localhost:5000 {left_pull}
addresses all {free_0} {free_1}
unplug left
settings left
settings left --json
settings nobody
settings all
set left gain=3
set left gain=4 exposure_time=8000
set left right gain=2
set left gain=2 --json
set left right gain=1 --json
set left name=door
set door name=left
set left put_rate=50
set left put_rate=0
set left gain=99
set left fps=-1
set left gain=loud
set left gain=nan
set left gain=1979-05-27
set left name=2026-11-24
set 2026-11-24 name=left
set left gain=99999999999999999999999
set left colour=red
set left unique_id=other-simulated
set left pub_address={free_0}
set left name=right
set left right name=x
set left gain
set left
set gain=3
set left roi=1,2,30,40
set nobody gain=1
window left
window left --close
window nobody
add left
add nobody
clients left
clients nobody
reload
"""

WITHOUT_AN_ENGINE = """\
status
clients
status --json
plug left
settings left
set left gain=3
addresses left {free_0} {free_1}
window left
add left
reload
rescan
events
history left
snapshot left
stop
check
check --json
config path
config path --json
config show
config show --json
keys list
keys new alice
keys new alice
keys new ../alice
keys list --json
keys server
keys server --json
keys remove alice --json
keys remove alice
keys new
keys list alice
keys fly
rigs
rigs add maze maze-pc:rig/config.toml --group room3
rigs add wheel local:/rigs/wheel.toml --command "nice pmv-tui"
rigs add maze other-pc
rigs add other -x
rigs
rigs --json
rigs remove wheel --json
rigs remove maze
rigs remove maze
"""

USAGE = """\
fly
probe
probe tcp://x
probe tcp://*:5555
probe tcp://x:1 --seconds=0
probe tcp://x:1 --seconds=soon
probe tcp://x:1 --server-key=server.key
probe tcp://x:1 --key=missing.key_secret
probe {free_0} --seconds 0.1
config file
completion csh
set
addresses left
events --since yesterday
events --level loud
events --camera nobody
history
history nobody
history left --since soon
history left --since 2099-01-31
history left --since 1m --until 1h
history left --csv --json
snapshot
snapshot left --wait 0
--version
"""

MISTAKEN = """\
colour = 1
[[cameras]]
unique_id = "left-simulated"
fps = -1
gain = "loud"
source = "gone.png"
[[cameras]]
unique_id = "left-simulated"
[[cameras]]
unique_id = "0-opencv"
source = "/dev/video77"
"""


def transcript_of(rig: PinnedRig, lines: str, config: str = "config.toml") -> str:
    transcript = Transcript(rig)
    for line in lines.splitlines():
        transcript.run(line, config=config)
    return transcript.text()


def test_commands_that_steer(pinned_rig: PinnedRig, pins: Pins) -> None:
    pins.check("steering.txt", transcript_of(pinned_rig, STEERING))


def test_commands_without_an_engine(pinned_rig: PinnedRig, pins: Pins) -> None:
    folder = pinned_rig.folder / "idle"
    folder.mkdir()
    (folder / "config.toml").write_text('[[cameras]]\nunique_id = "left-simulated"\n')
    pins.check("idle.txt", transcript_of(pinned_rig, WITHOUT_AN_ENGINE, "idle/config.toml"))


def test_wrong_usage(pinned_rig: PinnedRig, pins: Pins) -> None:
    pins.check("usage.txt", transcript_of(pinned_rig, USAGE))


def test_a_config_file_with_mistakes(pinned_rig: PinnedRig, pins: Pins) -> None:
    (pinned_rig.folder / "mistaken.toml").write_text(MISTAKEN)
    lines = "check\ncheck --json\nstatus\nreload\nkeys list\n"
    pinned = transcript_of(pinned_rig, lines, "mistaken.toml")
    pinned += transcript_of(pinned_rig, "check\ncheck --json\nstatus\n", "gone/config.toml")
    pins.check("mistaken.txt", pinned)


JSON = {
    "rescan": "rescan --json",
    "keys": "keys new bob --json",
    "window": "window spare --close --json",
    "add": "add spare --json",
    "reload": "reload --json",
    "where": "where --json",
}
"""What prints one JSON value, the same whatever the other tests did before."""


@pytest.mark.parametrize("name", JSON)
def test_json_for_scripts(pinned_rig: PinnedRig, pins: Pins, name: str) -> None:
    pins.check(f"{name}.json", pinned_rig.stable.json(printed(pinned_rig, JSON[name])))


def test_json_of_other_rigs(pinned_rig: PinnedRig, pins: Pins) -> None:
    (pinned_rig.folder / "here.toml").symlink_to(pinned_rig.config_path)
    ended = pinned_rig.run_line(
        *("--rig", "local:here.toml", "--rig", "local:/none/gone.toml"),
        *("add", "spare", "--json"),
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    pins.check("rig_option.json", pinned_rig.stable.json(json.loads(ended.stdout)))


def printed(rig: PinnedRig, line: str) -> Any:
    """Run a command that prints JSON; it must be done."""
    ended = rig.run_here(*line.split())
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    value = json.loads(ended.stdout)
    assert json.dumps(value, indent=2) + "\n" == ended.stdout
    return value


def test_status(pinned_rig: PinnedRig, pins: Pins) -> None:
    status = json.loads(pinned_rig.first_status)
    pins.check("status.json", pinned_rig.stable.json(status))
    lines = re.sub(r"\d+\.\d/", "<fps>/", re.sub(" {2,}", "  ", pinned_rig.first_lines))
    lines = re.sub(r"\d+(?=  localhost)", "<drops>", lines)
    pins.check("status.txt", pinned_rig.stable.text(lines))


def test_a_search(pinned_rig: PinnedRig, pins: Pins) -> None:
    pins.check("cameras.json", pinned_rig.run("cameras", "--json").stdout)


def test_engines(pinned_rig: PinnedRig, pins: Pins) -> None:
    """Those of other tests that run now are shown too."""
    path = str(pinned_rig.config_path)

    def of_this_rig() -> list[Any]:
        engines = printed(pinned_rig, "engines --json")
        return [each for each in engines if each["config_path"] == path]

    engines = wait_for(of_this_rig, "the engine to answer")
    pins.check("engines.json", pinned_rig.stable.json(engines))


def test_clients(pinned_rig: PinnedRig, pins: Pins) -> None:
    """What one gets depends on the time: of that there are the keys, and that is all."""
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as client:
        client.linger = 0
        client.connect(f"tcp://localhost:{pinned_rig.ports['right'][0]}")
        client.subscribe(b"")
        assert pinned_rig.ask("plug", camera="right")["ok"]
        wait_for(lambda: pinned_rig.camera("right").get("client_list"), "the client")
        clients = printed(pinned_rig, "clients right --json")
        assert pinned_rig.ask("unplug", camera="right")["ok"]
    clients[0]["clients"] = [list(each) for each in clients[0]["clients"]]
    pins.check("clients.json", pinned_rig.stable.json(clients))


def test_the_doctor(pinned_rig: PinnedRig, pins: Pins) -> None:
    """What most checks find is this machine's: of them there is the name, and that is all."""
    report = json.loads(pinned_rig.run("doctor", "--json").stdout)
    report["fit"] = f"<{type(report['fit']).__name__}>"
    found = list[Any]()
    for finding in report["findings"]:
        if finding["check"] not in ("config", "engine", "cameras", "ports"):
            finding |= {
                key: f"<{type(finding[key]).__name__}>" for key in finding.keys() - {"check"}
            }
        if finding not in found:
            found.append(finding)
    report["findings"] = found
    pins.check("doctor.json", pinned_rig.stable.json(report))


def test_events(pinned_rig: PinnedRig, pins: Pins) -> None:
    """Of what happens by itself, such as lost frames, nobody can say when."""
    for verb in ("plug", "pause", "resume", "unplug"):
        assert pinned_rig.run_here(verb, "spare").returncode == 0
    assert pinned_rig.run_here("set", "spare", "gain=2").returncode == 0
    caused: dict[str, list[str]] = {}
    for option in ("", " --json"):
        ended = pinned_rig.run_here(*f"events --camera spare{option}".split())
        assert ended.returncode == 0
        lines = [line for line in ended.stdout.splitlines() if "(by pmv-tui " in line]
        if option:
            lines = [pinned_rig.stable.line(json.loads(line)) for line in lines]
        caused[option] = [pinned_rig.stable.text(line) for line in lines]
    pins.check("events.txt", "\n".join([*caused[""], *caused[" --json"], ""]))


def test_a_probe(pinned_rig: PinnedRig, pins: Pins) -> None:
    address = f"tcp://localhost:{pinned_rig.ports['right'][0]}"
    assert pinned_rig.ask("plug", camera="right")["ok"]
    words = ("probe", address, "--seconds=0.2", "--json")

    def received() -> str:
        ended = pinned_rig.run_here(*words)
        return "" if ended.returncode else ended.stdout

    report = json.loads(wait_for(received, "images"))
    assert pinned_rig.ask("unplug", camera="right")["ok"]
    pins.check("probe.json", pinned_rig.stable.json(report))


def test_what_needs_a_terminal_or_is_there_already(pinned_rig: PinnedRig, pins: Pins) -> None:
    bare, second = pinned_rig.run_bare(), pinned_rig.run("serve")
    lines = [f"{each.returncode} {each.stdout}{each.stderr}" for each in (bare, second)]
    pins.check("refused.txt", pinned_rig.stable.text("".join(lines)))
