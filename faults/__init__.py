"""`make faults`: every way to write, with a fault at every system call."""
