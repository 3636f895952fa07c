"""The Experiment dock: what is open, its clocks and its scale."""
