"""`python -m ldp_magic` is `ldp`."""

import sys

from ldp_magic.cli import main

if __name__ == "__main__":
    sys.exit(main())
