"""Text tables: where they are, what their columns mean, what must be asked."""
