"""Lightkeeper met at the wire: what Slack sends in, what Slack is sent, and the register behind it."""
