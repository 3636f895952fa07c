"""The lattice dock: spacings of lattice planes in a box, and their expansion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, SpinBox
from qtpy.QtWidgets import QFormLayout

from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.lattices import D_SPACING, is_lattice
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.measuring.dock import MeasuringDock
from napari_insitu_tem.widgets.measuring.lattice_box import LatticeBox
from napari_insitu_tem.widgets.measuring.reference_box import ReferenceBox

if TYPE_CHECKING:
    import napari.viewer

HELP = (
    "Drag a box over the fringes, inside the particle. Each object has one lattice: "
    "give another grain, or other planes, another name."
)

GUESS_TIP = (
    "Look for planes within 20 % of this spacing. Without it, the strongest\n"
    "lattice in the box is measured (type 0 to go back to it); click another one in\n"
    "the spectrum below."
)


class LatticeDock(MeasuringDock):
    """Measures spacings of lattice planes.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        parameters = Container(
            widgets=[SpinBox(name="stride", label="Every n-th frame", min=1, max=9999)],
        )
        super().__init__(
            viewer,
            "expansion",
            parameters,
            draw_text="Draw box",
            help_text=HELP,
            track_tip="Measure the same box on other frames:",
            quantity=D_SPACING,
        )

    def _build(self) -> None:
        super()._build()
        self.guess = NumberField(
            "nm", highest=1e4, decimals=4, empty="the strongest", is_narrow=True
        )
        self.guess.setToolTip(GUESS_TIP)
        row = QFormLayout()
        row.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        row.addRow("Look for", self.guess)
        self.column.insertLayout(1, row)
        self.lattices = LatticeBox(self.session)
        self.reference = ReferenceBox(self.session)
        below = self.column.indexOf(self.row_view) + 1
        self.column.insertWidget(below, self.lattices)
        self.column.insertWidget(below + 1, self.reference)
        self.guess.valueChanged.connect(self._on_guess)
        bar = self.actions_bar
        ways = self.track_bar.buttons.values()
        bar.draw.clicked.connect(self._on_draw)
        for button in (bar.back, bar.forward, *ways):
            button.pressed.connect(self._take_tool)

    def refresh(self) -> None:
        """Show the session as it is now."""
        super().refresh()
        toolbox = self.session.toolbox
        mine = toolbox["expansion"].get("quantity") == D_SPACING
        self.actions_bar.draw.setChecked(mine and toolbox.active == "expansion")
        if not mine:
            self.hint.setText(HELP)
        self._show_guess()
        self.reference.refresh()
        self._show_lattices()

    def _on_playhead(self, playhead: Any) -> None:
        super()._on_playhead(playhead)
        self._show_lattices()

    def _on_draw(self, is_on: bool) -> None:
        if is_on:
            self._take_tool()

    def _take_tool(self) -> None:
        """Draw, copy and follow boxes, whatever was measured before."""
        session = self.session
        session.toolbox.change("expansion", quantity=D_SPACING)
        chosen = [session.document.records[key] for key in session.selection]
        if not all(map(is_lattice, chosen)):
            session.select([r.id for r in chosen if is_lattice(r)])

    def _shown(self) -> Record | None:
        """The row that is shown."""
        ids = self.row_view.ids()
        return self.session.document.records.get(ids[-1]) if ids else None

    def _show_lattices(self) -> None:
        self.lattices.show_record(self._shown())

    def _px_nm(self) -> float:
        """Size of a pixel in the unit of the field."""
        movie = self.session.movie
        size = movie.calibration if movie is not None else None
        return 1.0 if size is None else size.x_nm

    def _show_guess(self) -> None:
        movie, guess = self.session.movie, self.session.toolbox["expansion"].guess
        is_known = movie is not None and movie.calibration is not None
        self.guess.setSuffix(" nm" if is_known else " px")
        self.guess.show_number(guess[0] * self._px_nm() if guess else None)

    def _on_guess(self, *_: Any) -> None:
        number = self.guess.number
        guess = () if number is None else (number / self._px_nm(),)
        self.session.toolbox.change("expansion", guess=guess)
