"""The Teams door: Microsoft's SDK with its token check on, over real HTTP on loopback."""
