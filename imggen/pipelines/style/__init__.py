"""Style transfer: by a feed-forward network, and by optimising the pixels."""
