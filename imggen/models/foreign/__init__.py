"""Architectures of other projects, for checkpoints that their authors published."""
