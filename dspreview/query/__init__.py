"""Any rows of a split: what a user asks for, and the engine that finds it."""
