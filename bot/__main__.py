"""`python -m bot VERB`: the same as `lightkeeper VERB`."""

from bot.cli import main

raise SystemExit(main())
