"""The words and lines that the screens show, made from the rig's state without a screen.

Widths are in terminal columns.
"""
