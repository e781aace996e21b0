"""The class at a glance: marks, items, misconceptions, what needs a person, similar submissions. One page a lesson."""

from autograde.report.write import write_report

__all__ = ["write_report"]
