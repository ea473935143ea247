"""Everything that is read through `datasets`."""
