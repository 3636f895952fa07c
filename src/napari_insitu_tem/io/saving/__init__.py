"""What is written, whole or not at all: tables, data packages, experiments."""
