"""Slack over HTTP and Slack's socket, met at the wire: signed requests, real ports, cut cables."""
