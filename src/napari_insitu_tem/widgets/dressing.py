"""Colours of the plugin's docks: napari's own, and a few for words that matter."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QLabel, QWidget

from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.theme import Theme, mix, napari_theme


def dress(widget: QWidget, viewer: Any) -> None:
    """Give a dock the colours of the viewer's theme, now and when it changes.

    Labels say with `set_role` what they are.
    """

    def apply(event: Any = None) -> None:
        widget.setStyleSheet(style_sheet(napari_theme(viewer.theme)))

    apply()
    follow(widget, (viewer.events.theme, apply))


def set_role(label: QLabel, role: str) -> None:
    """Say what a label is: "faint", "note", "warning", "strong", or "" for plain."""
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


def style_sheet(theme: Theme) -> str:
    """The style sheet of a dock."""
    warned = mix(theme.background, theme.warning, 0.16)
    card = mix(theme.background, theme.text, 0.06)
    return f"""
        QLabel[role="faint"] {{ color: {theme.faint_text}; }}
        QLabel[role="strong"] {{ font-weight: bold; }}
        QLabel[role="warning"] {{
            color: {theme.warning}; background: {warned};
            border-left: 3px solid {theme.warning}; padding: 3px 5px;
        }}
        QLabel[role="note"] {{
            border-left: 3px solid {theme.faint_text}; padding: 1px 5px;
        }}
        QFrame[role="card"] {{ background: {card}; border-radius: 4px; }}
    """
