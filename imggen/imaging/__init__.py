"""Pixels without networks: decoding and encoding pictures, colour, filters, films, and classical painting."""
