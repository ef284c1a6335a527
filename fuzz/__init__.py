"""Fuzzing: harnesses for what reads bytes that somebody else wrote. See docs/fuzzing.md."""
