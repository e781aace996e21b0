"""Compare what came back with what is right, in a fixed order: type, shape, dtype, finiteness, values.

A `Mismatch` says what differs without giving away the expected numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograde.judge.subject import Handle
from autograde.wire.tensors import is_tensor

RTOL = 1e-6
ATOL = 1e-9


class Mismatch(Exception):
    """One answer that is not right. `kind` is type, shape, dtype, finite, value or conduct."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text = kind, text
        super().__init__(text)


def check_close(
    got: Any, want: Any, what: str, *, source: Any = None, rtol: float = RTOL, atol: float = ATOL
) -> None:
    """Raise `Mismatch` unless `got` equals `want` in shape and, within the tolerance, in value.

    `source` is the main input: float64 in demands float64 out, float32 allows either width. Booleans and
    integers are fine where every right value is a whole number. A tensor is asked for where `want` is one.
    """
    array = as_array(got, what, scalar=np.ndim(_dense(want)) == 0, tensor=is_tensor(want))
    want, source = np.asarray(_dense(want)), _dense(source)
    if array.shape != want.shape:
        raise Mismatch("shape", f"{what} has shape {array.shape}; it should be {want.shape}.")
    _check_dtype(array, want, what, source)
    wide, right = array.astype(np.float64, copy=False), want.astype(np.float64, copy=False)
    if not _all_close(wide, right, rtol, atol):
        _check_values(wide, right, what, rtol, atol)


def as_array(got: Any, what: str, *, scalar: bool = False, tensor: bool = False) -> np.ndarray[Any, Any]:
    """`got` as a plain numeric array, or `Mismatch` saying what it is instead.

    A Python number is accepted only where a scalar is asked for; a one-element array there too is not.
    A torch tensor is accepted where `tensor` says so, and nothing else then (a scalar may still be a number).
    """
    if got is None:
        raise Mismatch("type", f"{what} is None. Did you forget a return?")
    if is_tensor(got) and tensor:
        got = _dense(got)
    elif tensor and not (scalar and isinstance(got, int | float | np.generic)):
        raise Mismatch("type", f"{what} should be a torch tensor; it is {a_type(got)}.")
    if isinstance(got, np.ndarray | np.generic) or (scalar and isinstance(got, int | float)):
        array = np.asarray(got)
    else:
        asked = "a number" if scalar else "a NumPy array"
        raise Mismatch("type", f"{what} should be {asked}; it is {a_type(got)}.")
    if array.dtype.kind not in "bifu":
        raise Mismatch("dtype", f"{what} has dtype {array.dtype}; it should hold real numbers.")
    return array


def _dense(value: Any) -> Any:
    """The numbers of a tensor as an array; anything else as it is."""
    return value.detach().cpu().numpy() if is_tensor(value) else value


def a_type(got: Any) -> str:
    """`a list`, `an int`, …: the type of a value in words."""
    name = got.type_name if isinstance(got, Handle) else type(got).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _check_dtype(array: np.ndarray[Any, Any], want: np.ndarray[Any, Any], what: str, source: Any) -> None:
    if array.dtype.kind in "biu":
        if np.all(np.isfinite(want)) and np.all(want == np.round(want)):
            return
        raise Mismatch("dtype", f"{what} came back as {array.dtype}: the fractions are cut off. Keep floats.")
    wide = source is None or np.asarray(source).dtype == np.float64
    if (wide and array.dtype.itemsize < 8) or array.dtype == np.float16:
        raise Mismatch("dtype", f"{what} came back as {array.dtype}; float64 input is answered in float64.")


def _all_close(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], rtol: float, atol: float) -> bool:
    """Whether all is finite and right, which is the rule and quickly seen; False where it takes a closer look."""
    with np.errstate(all="ignore"):
        return bool((np.abs(got - want) <= atol + rtol * np.abs(want)).all() and np.isfinite(want).all())


def _check_values(
    got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], what: str, rtol: float, atol: float
) -> None:
    for bad, name in (
        (np.isnan(got) & ~np.isnan(want), "NaN"),
        (np.isinf(got) & ~np.isinf(want), "infinite"),
    ):
        if bad.any():
            raise Mismatch("finite", f"{what} holds {_count(bad)} {name} {_plural(bad)}{_at(bad)}.")
    with np.errstate(all="ignore"):
        wrong = ~np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        raise Mismatch("value", f"{what} is not right: {describe_difference(got, want, wrong)}.")


def describe_difference(
    got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], wrong: np.ndarray[Any, Any]
) -> str:
    """How many values differ, where the worst one is, and a pattern if there is one; no expected number."""
    pattern = _pattern(got, want)
    with np.errstate(all="ignore"):
        gap = np.where(wrong, np.abs(got - want), 0.0)
    if got.ndim == 0:
        side = "large" if got > want else "small"
        return f"the number is too {side}, off by about {float(gap):.1g}{pattern}"
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape)
    side = "large" if got[worst] > want[worst] else "small"
    index = ", ".join(str(int(i)) for i in worst)
    return (
        f"{_count(wrong)} of its {wrong.size} values differ, the worst at [{index}] "
        f"(too {side} by about {float(gap[worst]):.1g}){pattern}"
    )


def _pattern(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> str:
    """A relation between all of `got` and all of `want` that suggests the cause, or nothing."""
    if not np.all(np.isfinite(got)) or not np.all(np.isfinite(want)) or not np.any(want):
        return ""
    if not np.any(got):
        return "; every value you return is 0"
    if np.allclose(got, -want, rtol=RTOL, atol=ATOL):
        return "; the sign is flipped everywhere"
    ratio = float(np.vdot(want, got) / np.vdot(want, want))
    if got.size > 1 and np.allclose(got, ratio * want, rtol=RTOL, atol=ATOL):
        return f"; everything is {ratio:.4g} times what it should be"
    if got.ndim == 2 and got.shape[0] == got.shape[1] and np.allclose(got, want.T):
        return "; it is the transpose of the right answer"
    shift = got - want
    if got.size > 1 and np.allclose(shift, shift.flat[0], rtol=RTOL, atol=ATOL):
        return "; everything is off by the same amount"
    return ""


def _count(mask: np.ndarray[Any, Any]) -> str:
    return str(int(np.count_nonzero(mask)))


def _plural(mask: np.ndarray[Any, Any]) -> str:
    return "value" if np.count_nonzero(mask) == 1 else "values"


def _at(mask: np.ndarray[Any, Any]) -> str:
    if mask.ndim == 0:
        return ""
    index = ", ".join(str(int(i)) for i in np.argwhere(mask)[0])
    return f", the first at [{index}]"


def same(a: Any, b: Any, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Whether two answers are the same thing: used to hold a student's behaviour against a misconception's."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], rtol, atol) for k in a)
    if isinstance(a, Handle) or isinstance(b, Handle):
        return isinstance(a, Handle) and isinstance(b, Handle)
    if isinstance(a, str) or isinstance(b, str) or a is None or b is None:
        return type(a) is type(b) and a == b
    return _same_numbers(a, b, rtol, atol)


def _same_numbers(a: Any, b: Any, rtol: float, atol: float) -> bool:
    if is_tensor(a) != is_tensor(b):
        return False
    try:
        x, y = np.asarray(_dense(a)), np.asarray(_dense(b))
        if x.shape != y.shape or x.dtype.kind not in "bifuc" or y.dtype.kind not in "bifuc":
            return False
        with np.errstate(all="ignore"):
            if x.dtype.kind == "f" and y.dtype.kind == "f":
                gap = np.abs(x - y)
                if np.isfinite(gap).all():  # what allclose does, without its care for NaN and infinity
                    return bool((gap <= atol + rtol * np.abs(y)).all())
            return bool(np.allclose(x, y, rtol=rtol, atol=atol, equal_nan=True))
    except (TypeError, ValueError):
        return False
