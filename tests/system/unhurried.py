"""A doctor who waits for as long as a busy machine takes."""

UNHURRIED = """
import functools
from pmv_tui.doctor import display, run
display.SECONDS = run.SEARCH_SECONDS = run.ANSWER_SECONDS = 60
run.examine = functools.partial(run.examine, limit=60)
"""
"""What a program executes at its start to be one."""
