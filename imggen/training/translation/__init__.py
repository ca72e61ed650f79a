"""Training of translation between two domains without pairs."""
