"""The conversation: people's words and forms in, cards and papers out."""
