"""Who writes suggestions: a model that generates, and candidates that a model ranks."""
