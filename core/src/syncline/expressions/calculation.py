"""Calculations: expressions over values of configuration objects, with `min` and `max`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from attrs import field, frozen

from ..model import JSON
from .bounds import ExpressionError, check_shape, check_text, tokens_of
from .evaluation import MAX_INPUT, Program, called, parsed


@frozen(kw_only=True)
class Calculation:
    """One compiled expression whose inputs are JSON. Pure: equal inputs, equal results.

    Numbers are the language's: whole numbers of 64 bits that never overflow silently, doubles, and
    no mixing of both but by `double(…)` and `int(…)`, comparisons, `min` and `max`. Whether names
    and types fit is told by `syncline.rules.checking`.
    """

    text: str
    _program: Program = field(eq=False, repr=False, alias="program")
    _functions: bool = field(eq=False, repr=False, alias="functions")

    @classmethod
    def compile(cls, text: str) -> Calculation:
        """Return the calculation.

        Raises:
            ExpressionError: it is no expression, or could cost too much; with the character at
                fault where it can be told.
        """
        check_text(text)
        tokens = tokens_of(text)
        check_shape(tokens)
        functions = any(token.text in ("min", "max") for token in tokens)
        return cls(text=text, program=parsed(text), functions=functions)

    def value(self, inputs: Mapping[str, JSON]) -> object:
        """Return the value for these inputs, as the evaluator gives it.

        Raises:
            ExpressionError: there is none (a division by zero, a missing field, a wrong type), or
                the inputs are too large.
        """
        if (size := sum(map(_size, inputs.values()))) > MAX_INPUT:
            raise ExpressionError(f"the inputs have {size} characters, more than {MAX_INPUT}")
        if not self._functions:
            return _told(self._program, inputs)
        trouble: list[str] = []
        extremes = {"min": _extreme(min, trouble), "max": _extreme(max, trouble)}
        try:
            result = _told(self._program, {**inputs, **extremes})
        except ExpressionError as error:
            raise (ExpressionError(trouble[0]) if trouble else error) from error.__cause__
        if trouble:
            raise ExpressionError(trouble[0])
        return result


def _told(program: Program, inputs: Mapping[str, object]) -> object:
    try:
        return called(lambda: program.execute(inputs))
    except ExpressionError as error:
        match error.__cause__:
            case KeyError(args=(str(name), *_)):
                raise ExpressionError(f"there is no field {name!r} now") from error
            case ZeroDivisionError():
                raise ExpressionError("it divides by zero") from error
            case _:
                raise


def _extreme(
    choose: Callable[[Iterable[int | float]], int | float], trouble: list[str]
) -> Callable[..., object]:
    """Return `min` or `max`, over numbers or one list of them.

    What raises inside the evaluator is logged by it, values and all: troubles are noted instead.
    """

    def chosen(*given: object) -> object:
        if set(map(type, given)) == {int}:
            return choose(given)  # type: ignore[arg-type]  # whole numbers, as almost always
        first = given[0] if len(given) == 1 else None
        values = list(first) if isinstance(first, list | tuple) else list(given)
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if not values or len(numbers) < len(values) or any(map(math.isnan, numbers)):
            trouble.append(f"{choose.__name__} takes numbers alone")
            return None
        # One double makes all of them doubles, so that the type is known before the values are.
        mixed = any(isinstance(v, float) for v in numbers)
        return choose([float(v) for v in numbers] if mixed else numbers)

    return chosen


def _size(value: JSON) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum([len(key) + 1 + _size(each) for key, each in value.items()])
    if isinstance(value, list):
        return sum(map(_size, value)) + len(value)
    return 1


__all__ = ["Calculation"]
