"""HTML pages: one file each, nothing loaded from elsewhere, readable in light and dark, printable."""

from autograde.pages.render import render, write_page

__all__ = ["render", "write_page"]
