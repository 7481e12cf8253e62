"""What is true and allowed, as pure functions over plain values; the standard library only."""
