"""The one vocabulary: what crosses a socket, packed and parsed side by side."""
