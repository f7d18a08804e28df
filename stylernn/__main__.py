"""`python -m stylernn`: the command line."""

import sys

from stylernn.cli import main

if __name__ == "__main__":
    sys.exit(main())
