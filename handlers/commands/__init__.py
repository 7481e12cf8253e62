"""What can be said, one module a thing."""
