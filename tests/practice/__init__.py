"""Tests of the practice workspace, with a small bot of their own."""
