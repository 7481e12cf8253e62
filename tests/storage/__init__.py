"""Tests of what the register keeps and of the rules for changing it."""
