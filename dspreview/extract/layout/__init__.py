"""Which files belong to which split."""
