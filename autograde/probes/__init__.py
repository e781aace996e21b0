"""What the judge may ask of objects that stay on the student's side: small functions, by name.

A probe runs beside student code, in the process that holds the object, and returns plain values (or, with
`keep=True`, an object that stays there). The judge compares; a probe never decides. Because student code may have
changed what it finds in `sys.modules`, a probe binds what it uses when this package is imported, in the warm process.

    @probe
    def items(iterable, limit): ...

    trial.probe("items", handle, 1000)

Modules that load torch are named in `registry.HEAVY`: add yours there.
"""

from autograde.probes.registry import PROBES, load_all, probe, run_probe

__all__ = ["PROBES", "load_all", "probe", "run_probe"]

from autograde.probes import iterables, regularization  # noqa: F401 - declares their probes
