"""`doctor`: one check a function, each with its verdicts."""
