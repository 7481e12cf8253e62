"""Microsoft Teams, the second door; what imports its SDK is imported only when Teams is set up."""
