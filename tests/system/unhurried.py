"""A doctor who waits for as long as a busy machine takes."""

UNHURRIED = """
import functools, os, sys, traceback
try:
    if "pmv_tui.windows" not in sys.orig_argv:  # the trial of a display imports neither
        from pmv_tui.doctor import machine, run
        # There is something to change.
        machine.DISPLAY_SECONDS, run.SEARCH_SECONDS, run.ANSWER_SECONDS
        machine.DISPLAY_SECONDS = run.SEARCH_SECONDS = run.ANSWER_SECONDS = 60
        run.examine = functools.partial(run.examine, limit=60)
except Exception:
    traceback.print_exc()
    os._exit(70)  # Python would go on without it, in a hurry
"""
"""What a program executes at its start to be one."""
