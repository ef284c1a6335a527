"""Other programs' readings of the same bytes, for comparison."""
