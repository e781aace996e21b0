"""The course as a static site: lessons with their figures and without answers, the guide, the API. No page asks for anything."""

from autograde.site.build import build_site

__all__ = ["build_site"]
