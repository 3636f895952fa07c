"""What an experiment is made of: no files, no screen, no napari."""
