"""The door for `python -m products.storesync.simulator`."""

import sys

from products.storesync.simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
