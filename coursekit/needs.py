"""An experiment that goes on from an earlier one says which, instead of tripping over a missing name."""

from __future__ import annotations

from collections.abc import Mapping


def needs(names: Mapping[str, object], **made_by: str) -> None:
    """Pass if every name stands in `names` (the notebook's `globals()`) and is not empty.

    made_by    name → heading of the experiment that makes it

    Raises NotImplementedError with the heading of the first one that has not run to its end.
    """
    for name, heading in made_by.items():
        found = names.get(name)
        if found is None or (isinstance(found, dict | list | tuple) and not found):
            raise NotImplementedError(
                f"This cell goes on from an earlier one. Run the cell under “{heading}” first: it makes `{name}`."
            )
