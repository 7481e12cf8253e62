"""A story in a real browser."""
