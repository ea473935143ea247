"""What the tests share: a Hub, small datasets, and the program as its user runs it."""
