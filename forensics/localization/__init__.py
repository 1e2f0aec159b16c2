"""From symptoms to sources: which origins explain the versions that misbehave, and how probable each is."""
