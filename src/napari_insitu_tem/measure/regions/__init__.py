"""Outlines of particles, followed from frame to frame."""
