"""Something is done when a widget is gone; nothing if Python went first."""

from __future__ import annotations

import gc

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_insitu_tem.layers.ending import when_destroyed


def delete(widget):
    """Destroy a widget as its parent does."""
    widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_each_action_is_done_once_when_the_widget_is_destroyed(qapp):
    widget, done = QWidget(), []
    when_destroyed(widget, lambda: done.append("first"))
    when_destroyed(widget, lambda: done.append("second"))
    assert done == []
    delete(widget)
    assert done == ["first", "second"]


def test_the_garbage_collector_may_come_first(qapp):
    done = []
    for _ in range(50):
        widget = QWidget()
        widget.itself = widget
        when_destroyed(widget, lambda w=widget: done.append(w))
    del widget
    gc.collect()
    assert done == []
