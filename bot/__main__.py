"""`python -m bot VERB`: the same as `lightkeeper VERB`."""

from bot.cli import main

if __name__ == "__main__":  # a process that counts a digest reads this file too
    raise SystemExit(main())
