"""The same stories through every door: the terminal's words, Slack's wire and Teams' wire."""
