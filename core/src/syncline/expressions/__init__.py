"""CEL expressions in the configuration: filters and templates over one document.

The language is the Common Expression Language as its specification defines it, with the standard
functions and macros and nothing else: no access to Python, to files or to the clock. Regular
expressions run in linear time (Rust's `regex`). What an expression may cost is bounded before it
runs: length, nesting, and how far macros and additions can multiply their inputs.
"""

from __future__ import annotations

from .bounds import ExpressionError
from .calculation import Calculation
from .evaluation import Expression, Value

__all__ = ["Calculation", "Expression", "ExpressionError", "Value"]
