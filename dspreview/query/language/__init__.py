"""The language of predicates and orders, down to SQL."""
