"""The only place that knows napari's layer conventions: model <-> layers."""
