"""Networks that paint a photo in the style of a picture."""
