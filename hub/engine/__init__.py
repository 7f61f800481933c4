"""The log: the engine contract and its implementations."""
