"""One camera's roads: its frames on their way out, and what clients send back."""
