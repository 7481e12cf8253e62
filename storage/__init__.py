"""The register: what is kept, and the rules for changing it."""
