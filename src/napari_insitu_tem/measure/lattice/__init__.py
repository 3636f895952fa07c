"""Periods in images: lattice fringes, and rings and spots of diffraction."""
