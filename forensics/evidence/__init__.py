"""The evidence bag: what an investigation hands over, sealed, and the check of a bag by somebody else."""
