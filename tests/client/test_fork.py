"""A script that forks: the child learns at once what to do, and the parent goes on."""

import json
import subprocess
import sys

from tests.client.publisher import Publisher
from tests.support import DEADLINE

SCRIPT = """
import gc, json, multiprocessing, sys
from pmv_tui.client import boxes, subscribe, subscribe_all

address = sys.argv[1]
frames = subscribe(address, timeout=20)
pairs = subscribe_all({"left": address}, timeout=20)
marks = boxes(address)
print("subscribed", flush=True)
assert next(frames).sequence == 1
assert next(pairs)["left"].sequence == 1

def in_the_child(parent):
    for use in (lambda: next(frames), lambda: next(pairs), lambda: marks.send(((1, 2), (3, 4)))):
        try:
            use()
        except RuntimeError as error:
            parent.send(str(error))
    for each in (frames, pairs, marks):
        each.close()
    with subscribe(address, timeout=20) as own:
        parent.send("own")
        parent.send(next(own).sequence)

ours, theirs = multiprocessing.Pipe()
child = multiprocessing.get_context("fork").Process(target=in_the_child, args=[theirs])
child.start()
answers = [ours.recv() for _ in range(4)]
print(json.dumps(answers), flush=True)
assert ours.recv() == 2
child.join()
assert child.exitcode == 0
assert next(frames).sequence == 2
assert next(pairs)["left"].sequence == 2
"""


def test_a_forked_child_is_reported_what_to_do_and_its_parent_goes_on(publisher: Publisher) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT, publisher.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as script:
        assert script.stdout is not None
        assert script.stderr is not None
        assert script.stdout.readline() == "subscribed\n", script.stderr.read()
        publisher.await_clients(2)
        publisher.send(1)
        answers = json.loads(script.stdout.readline())
        publisher.await_clients(1)
        publisher.send(2)
        assert script.wait(DEADLINE) == 0, script.stderr.read()
        assert script.stderr.read() == ""
    for text, made_by in zip(answers, ("subscribe()", "subscribe_all()", "boxes()"), strict=False):
        assert text.startswith(f"{made_by} was called in process {script.pid}, before this one")
        assert text.endswith(f"call {made_by} in the process that uses it")
    assert answers[3:] == ["own"]
