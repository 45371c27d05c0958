"""The Textual app: it draws what the engine reports and sends it commands."""

# First of all: Textual reads the environment as it is imported.
from pmv_tui.tui import startup as startup
