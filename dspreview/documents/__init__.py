"""The JSON documents of the contract: one place for each shape, for commands and HTTP alike."""
