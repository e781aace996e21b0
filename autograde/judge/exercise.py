"""How an exercise is declared: once, in `autograde/exercises/<lesson>/`.

From one declaration come the hidden test, partial credit, the diagnosis, `%check`, `%hint`, the card above the
stub, and the grader's own test matrix (`autograde verify`).

    sigmoid = Exercise(name="sigmoid", functions=("sigmoid", "sigmoid_prime"), ...)

    @sigmoid.reference
    def sigmoid_reference(z): ...

    @sigmoid.aspect("values", points=3, of="sigmoid")
    def sigmoid_values(trial): ...

    @sigmoid.misconception("sigmoid_prime", "Your slope equals z(1 - z): ...")
    def activation_taken_for_z(z): ...

    @sigmoid.variant("sigmoid")
    def by_tanh(z): ...
"""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograde.judge.trial import Trial

Function = Callable[..., Any]

IMPORTS = "import copy\nimport itertools\nimport math\n\nimport numpy as np\nimport torch\nfrom torch import nn\n\n\n"
"""What a variant or misconception may use besides the lesson's own functions."""


@dataclasses.dataclass(frozen=True, slots=True)
class Aspect:
    """One thing about an exercise that is worth points on its own.

    `of` are the functions it tests. It earns nothing unless every aspect in `needs` has passed:
    "leaves its argument alone" is worth nothing in a function whose values are wrong.
    """

    name: str
    points: float
    of: tuple[str, ...]
    needs: tuple[str, ...]
    run: Callable[[Trial], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Implementation:
    """A runnable way to write an exercise's functions, right (a variant) or wrong (a misconception).

    `replaces` maps contract names to functions; the exercise's other functions stay the reference.
    `message` is what a student who wrote it this way is told (misconceptions only).
    `namespace` is set where `declared` is a class whose methods are the functions, not the answer itself.
    """

    name: str
    replaces: Mapping[str, Function]
    message: str
    declared: Any
    namespace: bool = False

    @property
    def source(self) -> str:
        """Python text that defines the contract names this way, for a notebook cell of its own."""
        text = textwrap.dedent(inspect.getsource(self.declared))
        lines = text.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith(("def ", "class ")))
        if self.namespace:
            return IMPORTS + textwrap.dedent("\n".join(lines[first + 1 :])) + "\n"
        definition = "\n".join(lines[first:]) + "\n"
        aliases = "".join(f"{name} = {self.declared.__name__}\n" for name in self.replaces)
        return IMPORTS + definition + aliases


@dataclasses.dataclass(slots=True, eq=False)
class Exercise:
    """One graded exercise of a lesson.

    functions    contract names the student defines, in the order of the stub
    uses         earlier contract names a solution naturally calls
    tied_to      earlier contract names that are always the student's own, even when they are wrong
    section      the master's cell id of the heading to read again
    difficulty   1 (one line) … 5 (an hour of thought)
    minutes      what a prepared student needs
    lines        lines of code in the master's solution, roughly
    hints        a ladder: each hint gives away a little more than the one before
    seconds      time limit for judging it all
    neighbours   the references of the lesson's other exercises, filled in when the lesson is loaded
    """

    name: str
    lesson: str
    functions: tuple[str, ...]
    title: str
    section: str
    difficulty: int
    minutes: int
    lines: int
    hints: tuple[str, ...]
    uses: tuple[str, ...] = ()
    tied_to: tuple[str, ...] = ()
    seconds: float = 10.0
    references: dict[str, Function] = dataclasses.field(default_factory=dict)
    aspects: dict[str, Aspect] = dataclasses.field(default_factory=dict)
    misconceptions: dict[str, Implementation] = dataclasses.field(default_factory=dict)
    variants: dict[str, Implementation] = dataclasses.field(default_factory=dict)
    neighbours: dict[str, Function] = dataclasses.field(default_factory=dict)

    @property
    def points(self) -> float:
        """What the exercise is worth: the sum of its aspects."""
        return sum(aspect.points for aspect in self.aspects.values())

    def reference(self, function: Function) -> Function:
        """Declare the trusted implementation; the function's own name is the contract name."""
        if function.__name__ not in self.functions:
            raise ValueError(f"{self.name}: {function.__name__} is not one of {self.functions}")
        self.references[function.__name__] = function
        return function

    def aspect(
        self, name: str, *, points: float, of: str | tuple[str, ...] = (), needs: tuple[str, ...] = ()
    ) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
        """Declare an aspect; `of` defaults to all functions of the exercise."""
        functions = (of,) if isinstance(of, str) else (of or self.functions)
        unknown = [n for n in needs if n not in self.aspects]
        if unknown or name in self.aspects:
            raise ValueError(f"{self.name}/{name}: declared twice, or needs unknown aspects {unknown}")

        def declare(run: Callable[[Trial], None]) -> Callable[[Trial], None]:
            self.aspects[name] = Aspect(name, points, functions, needs, run)
            return run

        return declare

    def misconception(self, function: str | None = None, message: str = "") -> Callable[[Any], Any]:
        """Declare a wrong implementation of one function, or (on a class) of several at once."""
        return self._declare(self.misconceptions, function, message)

    def variant(self, function: str | None = None) -> Callable[[Any], Any]:
        """Declare another correct way to write one function, or (on a class) several at once."""
        return self._declare(self.variants, function, "")

    def _declare(
        self, into: dict[str, Implementation], function: str | None, message: str
    ) -> Callable[[Any], Any]:
        def declare(declared: Any) -> Any:
            if function is None:
                names = (*self.functions, *self.uses)
                replaces = {n: vars(declared)[n] for n in names if n in vars(declared)}
            else:
                replaces = {function: declared}
            if not set(replaces) & set(self.functions):
                raise ValueError(f"{self.name}/{declared.__name__} replaces none of {self.functions}")
            if declared.__name__ in into:
                raise ValueError(f"{self.name}/{declared.__name__} is declared twice")
            into[declared.__name__] = Implementation(
                declared.__name__, replaces, message, declared, namespace=function is None
            )
            return declared

        return declare
