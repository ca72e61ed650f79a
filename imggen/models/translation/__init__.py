"""Networks that translate images from one domain to another."""
