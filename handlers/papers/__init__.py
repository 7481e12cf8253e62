"""Files out: the register as a sheet and as JSON."""
