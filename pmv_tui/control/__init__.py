"""The local control socket: what is said over it, where it is found, and the client's side."""
