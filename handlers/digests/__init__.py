"""What is sent unasked: the weekly digest, section by section."""
