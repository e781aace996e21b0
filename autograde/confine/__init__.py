"""The layers that hold student code."""
