"""Files to model and back: one module a format, found by content in the registry."""
