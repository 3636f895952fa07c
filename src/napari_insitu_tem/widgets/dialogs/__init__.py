"""Questions that are asked in a window of their own."""
