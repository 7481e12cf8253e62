"""Slack's door: its payloads in, Block Kit out."""
