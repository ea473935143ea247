"""Commands about whether data is in order, and what helps to keep it so."""
