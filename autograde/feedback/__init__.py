"""What a student reads after grading: one page per submission."""

from autograde.feedback.write import write_feedback

__all__ = ["write_feedback"]
