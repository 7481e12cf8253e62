"""The machine at its edges: time, delivery, digests exactly once, and the verbs at the terminal."""
