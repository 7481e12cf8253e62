"""Ours beside its floor, in one process; timings are reported and never asserted in the test suite."""
