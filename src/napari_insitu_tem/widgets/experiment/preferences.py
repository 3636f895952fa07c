"""What holds for the whole experiment: who measures, and how surely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from magicgui.widgets import Container, FloatSpinBox, LineEdit

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.section import Section


class PreferencesSection(Section):
    """Observer and default uncertainty of a pick.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Measuring", is_open=False)
        self._session = session
        self.observer = LineEdit(
            name="observer",
            label="Observer",
            tooltip="Written into every new row",
        )
        self.u_pick_px = FloatSpinBox(
            name="u_pick_px",
            label="Pick ± (px)",
            min=0.0,
            max=1000.0,
            step=0.1,
            tooltip="Standard uncertainty of placing one end by hand; the scatter of "
            "three or more repeats replaces it",
        )
        self.fields: Container[Any] = Container(
            widgets=[self.observer, self.u_pick_px], labels=True
        )
        self.fields.native.layout().setContentsMargins(0, 0, 0, 0)
        self.rows.addWidget(self.fields.native)
        self._is_showing = False
        self.fields.changed.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        """Show the document's settings."""
        settings = self._session.document.settings
        self._is_showing = True
        try:
            for field in self.fields:
                if field.value != getattr(settings, field.name):
                    field.value = getattr(settings, field.name)
        finally:
            self._is_showing = False

    def _on_changed(self) -> None:
        if self._is_showing:
            return
        before = self._session.document
        values = {field.name: field.value for field in self.fields}
        settings = replace(before.settings, **values)
        changed = [n for n in values if getattr(before.settings, n) != values[n]]
        if changed:
            words = {"observer": "observer", "u_pick_px": "uncertainty of a pick"}
            self._session.edit(
                f"set {words[changed[0]]}",
                replace(before, settings=settings),
                merge_key=f"settings {changed[0]}",
            )
