"""The text-first public pages: numbers and tables in the HTML, figures drawn after."""

from dashboard.pages.door import pages_blueprint

__all__ = ["pages_blueprint"]
