"""The tests: they mirror the rooms, and tell stories of named people."""
