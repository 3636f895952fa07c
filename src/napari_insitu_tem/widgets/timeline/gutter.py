"""GutterLabel: title, unit and legend on the left of a lane."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtGui import QPainter, QPaintEvent, QTextDocument
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_insitu_tem.widgets.theme import Theme

GUTTER_PX = 126
_LEFT_PX = 8


class GutterLabel(QWidget):
    """As much of title, unit and legend as fits without being cut; all in the tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(GUTTER_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self._versions: list[str] = []

    def write(
        self,
        title: str,
        unit: str,
        colour: str,
        legend: Sequence[tuple[str, str]],
        theme: Theme,
    ) -> None:
        """Show these words; `legend` is (colour, name) each."""
        faint = theme.faint_text
        name = f'<b style="color:{colour}">{escape(title)}</b>'
        head = f'{name} <span style="color:{faint}">({escape(unit)})</span>'
        head = head if unit else name
        entries = [
            f'<span style="color:{c}">●</span>&nbsp;'
            f'<span style="color:{faint}">{escape(n)}</span>'
            for c, n in legend
        ]
        # From the whole to the title alone: the first that fits is painted.
        whole = [head + "<br>" + " &nbsp;".join(entries)] if entries else []
        if len(entries) > 2:
            more = f'<span style="color:{faint}">+{len(entries) - 2}</span>'
            whole.append(head + "<br>" + " &nbsp;".join([*entries[:2], more]))
        size = f"font-size:{theme.font_pt}pt"
        self._versions = [
            f'<div style="{size}">{text}</div>' for text in (*whole, head, name)
        ]
        first = f"{title} ({unit})" if unit else title
        self.setToolTip("\n".join([first, *(name for _, name in legend)]))
        self.setAccessibleName(first)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words in the middle of the height."""
        for text in self._versions:
            document = self._document(text)
            height = document.size().height()
            if height <= self.height() or text is self._versions[-1]:
                painter = QPainter(self)
                painter.translate(_LEFT_PX, max((self.height() - height) / 2, 0))
                document.drawContents(painter)
                return

    def _document(self, text: str) -> QTextDocument:
        document = QTextDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(self.font())
        document.setTextWidth(self.width() - _LEFT_PX - 4)
        document.setHtml(text)
        return document
