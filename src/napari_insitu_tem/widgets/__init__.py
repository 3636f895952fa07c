"""Thin Qt and magicgui widgets: read inputs, call one function below, show it."""
