"""The students' bundle: a zip that needs no `autograde` and holds no answer."""

from autograde.release.bundle import write_bundle

__all__ = ["write_bundle"]
