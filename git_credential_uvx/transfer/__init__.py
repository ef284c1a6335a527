"""Bringing credentials in from other programs' files, and giving them out."""
