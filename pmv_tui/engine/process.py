"""The engine's process: takes the rig's lock, logs, serves until it is asked to stop.

Protocol: sd_notify(3), a datagram to the socket that $NOTIFY_SOCKET names.
"""

import logging
import math
import os
import socket
import sys
import time
from collections.abc import Iterable

import zmq

from pmv_tui.config.load import LoadedConfig
from pmv_tui.config.locate import real_path
from pmv_tui.config.replace import clear_leftovers
from pmv_tui.control.hold import Hold, Renewal
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.errands import Errands
from pmv_tui.engine.log import DISK_TIMEOUT, LogFile, logged, new_output, prepare_output
from pmv_tui.engine.search import Search
from pmv_tui.engine.server import ControlServer, Linger
from pmv_tui.output import Printed, diverted, leads_to
from pmv_tui.system import ENGINE, PLUGGED, Signals, allow_many, stop_listening
from pmv_tui.threads import InOrder, Renewed, returns_within

log = logging.getLogger(__name__)

TIMEOUT = 1.0
"""Seconds that systemd may take to make room for a datagram."""


def sd_notify(*assignments: str) -> None:
    """Report the service's state to systemd: assignments such as `READY=1`, `STATUS=text`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An abstract socket is written with @ for its leading zero byte.
    address = address.replace("@", "\0", 1) if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(TIMEOUT)
        try:
            sender.sendto(os.fsencode("\n".join(assignments)), address)
        except OSError as error:
            log.warning("systemd was not notified of %s: %s", assignments[0], error)


WATCH_INTERVAL = 500
"""ms between two looks at what changed."""

STOPPED = 2.0
"""Seconds by which a look is late from which on the process is taken to have been stopped."""

SEARCH_TIMEOUT = 3.0
"""Seconds that a search under way is given to end before the process does."""

UMASK = 0o077
"""What the engine writes is for its user alone: logs hold names and paths."""

SWITCH_INTERVAL = 0.0005
"""Seconds a Python thread may keep others waiting. At the default of 5 ms a busy thread makes the
publishing of a frame late by up to 18 ms (p99)."""


def serve(
    rig: Rig,
    loaded: LoadedConfig,
    to_plug: Iterable[str],
    to_pause: Iterable[str] = (),
    *,
    lingers: bool = False,
) -> None:
    """Run the engine until SIGTERM, SIGINT or the `stop` command; the log also goes to stderr.

    Parameters
    ----------
    to_plug : names of cameras to plug at once; `all` names each.
    to_pause : names of cameras to plug too, but paused.
    lingers : whether it ends itself when nobody uses it; see `[engine] linger`.

    Raises
    ------
    RigError : an engine for this config already runs, or its folder cannot be used.
    """
    os.umask(UMASK)
    _allow_files()
    hold, first = Hold.take(rig)
    # One that was started in the background has its stderr there from its first moment.
    background = leads_to(sys.stderr.fileno(), rig.output_path)
    if not background:
        new_output(rig.output_path)
    with diverted(rig.output_path, from_start=True) as away:
        prepare_output()
        # What is logged must not be taken for what a library printed.
        terminal = None if background else away.stderr
        with logged(rig, terminal) as log_file:
            for left in clear_leftovers(real_path(loaded.path)):
                log.info("removed %s, left by an engine that was killed while it saved", left)
            linger = Linger(loaded.config.engine.linger if lingers else math.inf)
            loop = _Loop(rig, loaded, away.printed, log_file, linger, hold=hold)
            loop.take_over(first)
            all_ended = loop.run(to_plug, to_pause)
        all_ended = all_ended and not log_file.hangs
    # The end is on its way: a second signal, as systemd may send beside `stop`, must not make it a
    # failure. Python's own way out would meet it with the system's default.
    stop_listening()
    if not (returns_within(DISK_TIMEOUT, lambda: hold.release(loop.ending)) and all_ended):
        # A thread is still inside an SDK, or waits for a disk: the interpreter's own way out would
        # crash or hang in it.
        sys.stderr.flush()
        os._exit(0)


def _allow_files() -> None:
    """Allow as many open files as the system lets us; RigError: too few for any camera."""
    if (files := allow_many()) < ENGINE:
        raise RigError(
            f"only {files} files may be open here (ulimit -n): an engine needs {ENGINE}, and "
            f"{PLUGGED} more for each camera that is plugged, besides its clients; raise the limit"
        )


class _Loop:
    """The main thread: control socket, signals, finished searches."""

    def __init__(
        self,
        rig: Rig,
        loaded: LoadedConfig,
        printed: Printed,
        log_file: LogFile,
        linger: Linger,
        *,
        hold: Hold,
    ) -> None:
        self._log_file = log_file
        self._log_trouble = ""
        disk = InOrder("state folder")
        self._printed = Renewed(printed.new_lines, disk.submit)
        self._hold = Renewed(hold.renew, disk.submit)
        self._hold_trouble = ""
        self._linger = linger
        self.ending = ""
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stopping = False
        self._signals = Signals(self._woken)
        self._search = Search(
            self._woken, lambda text: self._engine.events.record(text, level="error")
        )
        self._errands = Errands(self._woken)
        self._engine = Engine(rig, loaded, self._search.start, self._errands)
        self._server = ControlServer(self._engine, self._told_to_stop, linger)

    def take_over(self, renewal: Renewal) -> None:
        """Listen where the engine is found, as far as that is another place by now."""
        for endpoint in renewal.leave:
            self._server.leave(endpoint)
        for endpoint, listening in renewal.listen.items():
            self._server.listen(endpoint, listening)
        for text in renewal.events:
            self._engine.events.record(text, level="warning")
        if renewal.trouble and renewal.trouble != self._hold_trouble:
            self._engine.events.record(renewal.trouble, level="error")
        self._hold_trouble = renewal.trouble

    def run(self, to_plug: Iterable[str], to_pause: Iterable[str]) -> bool:
        """Serve until asked to stop; return whether every thread ended."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._signals.handle()
        poller = zmq.Poller()
        poller.register(self._server.socket, zmq.POLLIN)
        poller.register(self._wake, zmq.POLLIN)
        self._engine.start(to_plug, to_pause)
        sd_notify("READY=1", f"STATUS=serving {self._engine.loaded.path}")
        next_look = 0.0
        while not (self._stopping or self._signals.ending):
            longest = self._errands.until_due(WATCH_INTERVAL / 1000)
            if self._wake in dict(poller.poll(math.ceil(longest * 1000))):
                os.eventfd_read(self._wake)
            self._errands.go_on()
            self._server.serve_waiting()
            results = self._search.results()
            if results is not None:
                self._engine.found(results)
            now = time.monotonic()
            if next_look and now - next_look > STOPPED:
                self._slept(now - next_look)
                next_look = now + WATCH_INTERVAL / 1000
            elif now >= next_look:
                next_look = now + WATCH_INTERVAL / 1000
                self._look()
        self.ending = self._signals.ending or self.ending
        self._engine.events.record(self.ending)
        sd_notify("STOPPING=1", "STATUS=closing cameras and sockets")
        self._search.cancel()
        all_closed = self._engine.stop()
        self._record_printed()
        self._printed.wait(DISK_TIMEOUT)
        self._record_printed()
        self._server.close()
        return self._search.join(SEARCH_TIMEOUT) and all_closed

    def _slept(self, seconds: float) -> None:
        """Report that this process did not run: no camera, display or person is at fault.

        What is seen now would be taken for a stall; half a second later it is not.
        """
        self._server.slept(seconds)
        self._engine.events.record(
            f"the engine did not run for {seconds:.0f} s: it was stopped, or this machine slept",
            level="warning",
        )

    def _look(self) -> None:
        try:
            self._engine.watch()
            self._server.look()
            for text in self._signals.ignored():
                self._engine.events.record(text, level="warning")
            self._record_printed()
            self._watch_log()
            if renewal := self._hold.renew():
                self.take_over(renewal)
        except Exception:
            # To look must not end what is looked at: cameras and clients go on.
            log.exception("the engine could not look at everything")
        self._look_whether_used()

    def _record_printed(self) -> None:
        """Report what was printed up to the last look, and look again."""
        for line in self._printed.renew() or ():
            self._engine.events.record(f"printed: {line}", kind="printed")

    def _watch_log(self) -> None:
        """Report that the log cannot be written, or can again."""
        trouble = self._log_file.trouble
        if trouble != self._log_trouble:
            self._log_trouble = trouble
            if trouble:
                self._engine.events.record(f"{trouble}, or the log is lost", level="error")
            else:
                self._engine.events.record("the log is written again")

    def _look_whether_used(self) -> None:
        if self._engine.in_use:
            self._linger.used()
        elif self._linger.over:
            self._stop("nothing was plugged and nobody was connected any more")

    def _told_to_stop(self) -> None:
        self._stop(self._engine.events.signed("asked to stop"))

    def _stop(self, ending: str) -> None:
        self.ending = ending
        self._stopping = True

    def _woken(self) -> None:
        os.eventfd_write(self._wake, 1)
