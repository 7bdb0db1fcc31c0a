"""How values write themselves where attrs' own way costs too much."""

from __future__ import annotations

import attrs


class Shown:
    """A base for attrs classes declared with `repr=False`: writes `Name(field=…)` as attrs would.

    attrs compiles a method of its own for each class, which is half of what the class costs when
    it is imported; `syncline check` has twenty of them to pay from its 60 ms.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        fields = attrs.fields(type(self))  # type: ignore[arg-type]  # every subclass is one of attrs
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in fields if f.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"


__all__ = ["Shown"]
