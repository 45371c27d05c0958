"""Who is connected to the engine's sockets, who may be, and how much each may cost."""
