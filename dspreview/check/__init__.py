"""Whether a dataset is in order, what it is like, and how two of them differ. Nothing here knows the store."""
