"""Images in shared memory: a camera's pool, readers in other processes, the local road."""
