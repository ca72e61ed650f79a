"""Translation of photos between day and night, or between two other domains."""
