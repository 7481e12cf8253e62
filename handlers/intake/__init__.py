"""Files in: what they hold, as rows of the register, with every fault by line and field."""
