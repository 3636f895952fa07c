"""TimeWindow: the stretch of time that all lanes show."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal

_LEAST_SPAN_S = 1e-6
_MARGIN = 0.02
#: The view may be this many times wider than all there is.
_MOST_ZOOM_OUT = 4.0


class TimeWindow(QObject):
    """A view on the time axis, in seconds of the experiment's clock.

    Signals
    -------
    changed(float, float)
        Another start and stop.
    """

    changed = Signal(float, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._extent = (0.0, 1.0)
        self._shown = (0.0, 1.0)
        self._is_fitted = True

    @property
    def shown(self) -> tuple[float, float]:
        """Start and stop of what is visible."""
        return self._shown

    @property
    def span(self) -> float:
        """Length of what is visible."""
        return self._shown[1] - self._shown[0]

    @property
    def extent(self) -> tuple[float, float]:
        """Start and stop of all there is."""
        return self._extent

    @property
    def is_fitted(self) -> bool:
        """Whether all is shown and the user has not chosen otherwise."""
        return self._is_fitted

    def set_extent(self, start: float, stop: float) -> None:
        """Say how far the data reach; a fitted view follows."""
        if stop <= start:
            start, stop = start - 0.5, stop + 0.5
        self._extent = (start, stop)
        if self._is_fitted:
            self.fit()

    def fit(self) -> None:
        """Show all there is."""
        start, stop = self._extent
        margin = _MARGIN * (stop - start)
        self._set(start - margin, stop + margin)
        self._is_fitted = True

    def show(self, start: float, stop: float) -> None:
        """Show a stretch of time; not narrower or further away than makes sense."""
        low, high = self._extent
        most = _MOST_ZOOM_OUT * (high - low)
        span = min(max(stop - start, _LEAST_SPAN_S), most)
        centre = min(max((start + stop) / 2, low - span / 2), high + span / 2)
        self._set(centre - span / 2, centre + span / 2)
        self._is_fitted = False

    def zoom(self, factor: float, about: float) -> None:
        """Show `factor` times as much time; the moment `about` stays in its place."""
        start, stop = self._shown
        low, high = self._extent
        most = _MOST_ZOOM_OUT * (high - low)
        span = self.span
        factor = min(max(factor, _LEAST_SPAN_S / span), max(most / span, 1.0))
        self.show(about + (start - about) * factor, about + (stop - about) * factor)

    def pan(self, seconds: float) -> None:
        """Move the view to later times."""
        self.show(self._shown[0] + seconds, self._shown[1] + seconds)

    def reveal(self, moment: float) -> None:
        """Turn the page when a moment lies outside the view."""
        start, stop = self._shown
        if moment > stop:
            self.show(moment - 0.1 * self.span, moment + 0.9 * self.span)
        elif moment < start:
            self.show(moment - 0.9 * self.span, moment + 0.1 * self.span)

    def _set(self, start: float, stop: float) -> None:
        if (start, stop) != self._shown:
            self._shown = (start, stop)
            self.changed.emit(start, stop)
