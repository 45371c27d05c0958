"""The command line. Each command imports only what it needs, so that --help is there at once."""

import argparse
import os
import sys
from collections.abc import Sequence

from pmv_tui import __version__, output
from pmv_tui.cli import (
    completion,
    door,
    elsewhere,
    events,
    forward,
    history,
    keys,
    look,
    rigs,
    snapshot,
    start,
    steer,
)
from pmv_tui.cli.grammar import (
    DONE,
    INTERRUPTED,
    NOT_DONE,
    CommandFailed,
    Elsewhere,
    Grammar,
    Run,
    complain,
    rigs_of,
    without_rigs,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned."""
    output.make_usable()
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = command_line()
    if "_ARGCOMPLETE" in os.environ:
        completion.answer_shell(parser)
    try:
        options = parser.parse_args(words)
        if rigs_of(options):
            for_others: Elsewhere = options.elsewhere
            return for_others(options, without_rigs(words))
        run: Run = options.run
        return run(options)
    except CommandFailed as failure:
        complain(str(failure))
        return failure.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return DONE  # whoever read the output has what they wanted
    except OSError as error:
        # What a disk or the system refuses where no command expects it: a sentence, as elsewhere.
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return NOT_DONE
    finally:
        output.drop_unwritten()


def command_line() -> argparse.ArgumentParser:
    """Build the parser of every command."""
    grammar = Grammar(__version__, start.attach, start.attach_fleet, elsewhere.run_there)
    for group in (
        start,
        steer,
        events,
        history,
        snapshot,
        look,
        keys,
        rigs,
        forward,
        door,
        completion,
    ):
        group.add_commands(grammar)
    return grammar.parser
