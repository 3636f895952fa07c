"""What all measuring docks have: object, parameters, buttons, the selected row."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import Container
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.state.session import Playhead, Session
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.measuring.actions import ActionBar
from napari_insitu_tem.widgets.measuring.name_box import NameBox
from napari_insitu_tem.widgets.measuring.parameters import ParameterLink
from napari_insitu_tem.widgets.measuring.row_view import RowView
from napari_insitu_tem.widgets.measuring.track_bar import TrackBar

#: How long a sentence stays.
_MESSAGE_MS = 8000

_SHRINK = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class MeasuringDock(QScrollArea):
    """A dock that measures one kind.

    Parameters
    ----------
    viewer
        The napari viewer; its session is followed.
    kind
        The kind of rows.
    parameters
        magicgui widgets named like the tool's settings.
    draw_text
        What the draw button says.
    help_text
        How to measure, in a sentence or two.
    track_tip
        What the buttons for tracking follow, for their tooltips; "" for a kind that is
        not followed.
    quantity
        The only quantity of which rows are shown; "" for all.
    """

    def __init__(
        self,
        viewer: Any,
        kind: str,
        parameters: Container[Any],
        *,
        draw_text: str,
        help_text: str,
        track_tip: str = "",
        quantity: str = "",
    ) -> None:
        super().__init__()
        self.link = link_of(viewer)
        self.session: Session = self.link.session
        self.kind = kind
        self.parameters = parameters
        self.object_box = NameBox(
            "The thing that is measured; type a new name to add one"
        )
        self.movie_box = NameBox("The movie that is measured")
        self.movie_box.setEditable(False)
        self.actions_bar = ActionBar(self.session, kind, draw_text)
        self.track_bar = TrackBar(self.session, kind, track_tip)
        self.row_view = RowView(self.session, kind, quantity)
        self.hint = QLabel(help_text)
        self.hint.setWordWrap(True)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.table_button = QPushButton("Show table")
        self.table_button.setToolTip("napari's table of all rows of this kind")
        self._help_text = help_text
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(_MESSAGE_MS)
        self._clock.timeout.connect(self.message.clear)
        self._parameter_link = ParameterLink(self.session, kind, parameters)
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        body = QWidget()
        self.column = QVBoxLayout(body)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Movie", self.movie_box)
        form.addRow("Object", self.object_box)
        self.column.addLayout(form)
        self.parameters.native.layout().setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.parameters.native)
        for box in self.parameters.native.findChildren(QComboBox):
            box.setSizeAdjustPolicy(_SHRINK)
            box.setMinimumContentsLength(8)
            box.activated.connect(self._give_focus_back)
        for number in self.parameters.native.findChildren(QAbstractSpinBox):
            number.editingFinished.connect(self._give_focus_back)
        self.column.addWidget(self.hint)
        self.column.addWidget(self.actions_bar)
        self.column.addWidget(self.track_bar)
        self.column.addWidget(self.message)
        self.column.addWidget(self.row_view)
        self.column.addWidget(self.table_button)
        self.column.addStretch()
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(290)
        self.actions_bar.add_shortcuts(self)

    def _connect(self) -> None:
        session, toolbox = self.session, self.session.toolbox
        follow(
            self,
            (session.experiment_changed, self._on_change),
            (session.document_changed, self._on_change),
            (session.playhead_changed, self._on_playhead),
            (session.selection_changed, self._on_change),
            (toolbox.active_changed, self._on_change),
            (toolbox.tool_changed, self._on_change),
            (session.message, self._on_message),
        )
        self.object_box.name_changed.connect(self._on_object)
        self.movie_box.name_changed.connect(self._on_movie)
        self.table_button.clicked.connect(self._show_table)
        self.destroyed.connect(self._parameter_link.disconnect)

    def _on_change(self, *_: Any) -> None:
        self.refresh()

    def _on_playhead(self, playhead: Playhead | None) -> None:
        """Follow to another frame, which changes the row only, or to another movie."""
        if playhead is None or playhead.movie != self.movie_box.name:
            self.refresh()
        else:
            self.row_view.refresh()

    def _on_message(self, sentence: str) -> None:
        """Show a sentence for a while."""
        self.message.setText(sentence)
        self._clock.start()

    def refresh(self) -> None:
        """Show the session as it is now."""
        session = self.session
        tool = session.toolbox[self.kind]
        movies = [movie.name for movie in session.experiment.movies]
        here = session.playhead.movie if session.playhead else ""
        self.movie_box.show_names(movies, here)
        self.object_box.show_names(session.document.object_names(), tool.object)
        self.actions_bar.refresh()
        self.track_bar.refresh()
        self.row_view.refresh()
        pen = self.link.pen()
        drawing = session.toolbox.active == self.kind and pen is not None
        self.hint.setText(pen.hint if drawing and pen else self._help_text)

    def _give_focus_back(self, *_: Any) -> None:
        """Let the next key reach the canvas."""
        window = getattr(self.link.viewer, "window", None)
        if window is not None:
            window._qt_viewer.canvas.native.setFocus()

    def _on_object(self, name: str) -> None:
        self.session.toolbox.change(self.kind, object=name)

    def _on_movie(self, name: str) -> None:
        self.session.go_to(0, name)

    def _show_table(self) -> None:
        """Bring up napari's features table for the layer of this kind."""
        playhead = self.session.playhead
        if playhead is None:
            self.session.say("Open a movie first.")
            return
        viewer = self.link.viewer
        layer = self.link.annotation_layer(self.kind, playhead.movie).layer
        viewer.window.add_plugin_dock_widget(
            "napari", "Features table widget", tabify=True
        )
        viewer.layers.selection = {layer}
