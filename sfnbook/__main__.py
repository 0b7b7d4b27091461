"""``python -m sfnbook`` is the command ``sfnbook``."""

import sys

from sfnbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
