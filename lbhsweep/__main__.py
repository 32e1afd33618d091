"""``python -m lbhsweep`` is the same as ``lbhsweep``."""

from lbhsweep.cli import main

if __name__ == "__main__":
    main()
