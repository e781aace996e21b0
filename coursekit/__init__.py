"""What a lesson imports: data, figures, widgets, small networks and the environment check."""

from coursekit.environment import check_environment

__all__ = ["check_environment"]
