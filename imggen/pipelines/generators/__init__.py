"""Jobs of the generators: sampling, classes, interpolation, directions, and finding a photo in the latent space."""
