"""Rigs on this and on other machines: reached by the user's own `ssh`, and by nothing else."""
