"""The tests. They read nothing outside this project; what all their processes need is set here, first."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:
    # Then each of the many processes that tests start would compile all that it imports, anew: 3 s where 1 s
    # will do. What is compiled is kept apart, so that the tree and the environment stay as they are.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
