"""The plain-text door: what the terminal says and hears."""
