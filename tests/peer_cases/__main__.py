"""Run files of cases: ``python -m tests.peer_cases FILE…``; 1 where a universal case fails."""

from __future__ import annotations

import sys

from tests.peer_cases.report import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
