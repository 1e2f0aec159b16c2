"""The forensic questions: each a function that takes a case and returns an ``Answer``, with its SQL beside it."""
