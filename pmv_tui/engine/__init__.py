"""The process that captures, publishes and receives."""
