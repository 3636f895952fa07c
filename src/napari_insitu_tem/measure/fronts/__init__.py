"""Fronts in kymographs: learnt and followed through all frames together."""
