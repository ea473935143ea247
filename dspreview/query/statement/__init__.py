"""A statement of SQL that a user typed: what it may be, what it sees, and its rows."""
