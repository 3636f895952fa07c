"""Pictures that napari shows for the plugin."""
