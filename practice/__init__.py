"""The practice workspace: a pretended Slack on this machine and the web page that shows it."""
