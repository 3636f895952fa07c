"""The docks that measure: one a kind, the same feel in all."""
