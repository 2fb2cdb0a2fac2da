"""What componentize-py looks for: the exports of world `task`, and the author's module behind them."""

import plugin  # noqa: F401  (its decorators register the functions)
from gristmill_plugin import Describe, Kernels  # noqa: F401
