"""What the trainers of all families share."""
