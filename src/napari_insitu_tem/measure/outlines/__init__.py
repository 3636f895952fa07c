"""Drawn outlines put on the rim of a body: flat, rounded or round."""
