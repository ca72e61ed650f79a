"""Adversarially trained generators and their discriminators."""
