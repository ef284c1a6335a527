"""One credential store for Git and Python packaging."""

__version__ = "0.1.0"
