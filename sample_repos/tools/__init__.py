"""What the sample incidents are built with: real git and DVC, a process of its own, and stores of ML Metadata."""
