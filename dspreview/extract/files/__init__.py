"""How the files of a dataset are opened, and how nothing else is."""
