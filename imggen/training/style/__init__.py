"""Training of style-transfer networks."""
