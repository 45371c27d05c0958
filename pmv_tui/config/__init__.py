"""config.toml: where it is found, what may stand in it, how it is read, checked and saved."""
