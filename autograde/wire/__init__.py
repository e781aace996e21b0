"""Typed values and frames between the judge and a student process."""
