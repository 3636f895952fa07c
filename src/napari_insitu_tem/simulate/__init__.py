"""Movies and records with a known truth, from physical models and a seed."""
