"""The offset and the rate between two clocks, from events or from signals."""
