"""The machine: starts the conversation, wires it, keeps time, delivers."""
