"""Rate laws: what they are, how they are fitted to fronts, which one holds."""
