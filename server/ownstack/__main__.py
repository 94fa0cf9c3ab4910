"""`python -m ownstack`."""

import sys

from ownstack.cli import main

if __name__ == "__main__":
    sys.exit(main())
