"""The Textual app: it draws what the engine reports and sends it commands."""
