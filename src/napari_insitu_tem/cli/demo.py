"""`demo`: the first sample experiment, measured, in a window laid out to be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_insitu_tem.cli.window import need_display, new_viewer, run
from napari_insitu_tem.samples import SAMPLES, open_sample

DEFAULT_OUT = Path("demo-output")
_SIZE = (1560, 940)
_TIMELINE_HEIGHT = 385
_SETTLE_MS = 700


def demo(*, headless: bool = False, out: Path | None = None) -> int:
    """Show the sample; with `headless`, write its results and end.

    Raises
    ------
    InsituTemError
        There is no display, the sample is not installed, or nothing can be written.
    """
    need_display()
    viewer = new_viewer()
    show_sample(viewer)
    if headless or out is not None:
        folder = out or DEFAULT_OUT
        for path in write_results(viewer, folder):
            print(path)
    if headless:
        viewer.close()
    else:
        run()
    return 0


def show_sample(viewer: Any) -> None:
    """Open the sample in a window and arrange it."""
    from napari_insitu_tem.layers.docks import show_dock
    from napari_insitu_tem.layers.opening import show_opened
    from napari_insitu_tem.layers.viewer_link import link_of

    viewer.window.resize(*_SIZE)
    show_opened(viewer, open_sample(next(iter(SAMPLES))))
    show_dock(viewer, "Front position")
    show_dock(viewer, "Expansion")
    _settle()
    _give_timeline_room(viewer)
    viewer.reset_view()
    _show_a_row(link_of(viewer).session)
    _settle()


def _show_a_row(session: Any) -> None:
    """Go to a measured frame in the middle, with the tools set to go on from there."""
    for kind in ("front", "expansion"):
        rows = session.document.of_kind(kind)
        if rows:
            row = rows[len(rows) // 2]
            session.toolbox.change(kind, object=row.object)
            session.select([row.id], follow=True)


def _give_timeline_room(viewer: Any) -> None:
    from qtpy.QtCore import Qt

    main = viewer.window._qt_window
    docks = viewer.window._wrapped_dock_widgets
    timeline = [dock for name, dock in docks.items() if name.startswith("Timeline")]
    main.resizeDocks(timeline, [_TIMELINE_HEIGHT], Qt.Orientation.Vertical)


def _settle() -> None:
    """Let the window draw itself."""
    from qtpy.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(_SETTLE_MS, loop.quit)
    loop.exec()


def write_results(viewer: Any, out: Path) -> list[Path]:
    """Write tables, data package, experiment and a picture of the window.

    Earlier results of the demo in the same folder are replaced.

    Raises
    ------
    SaveError
        Something cannot be written.
    """
    from napari_insitu_tem.io.saving.atomic import saving
    from napari_insitu_tem.io.saving.experiment_folder import save_experiment
    from napari_insitu_tem.layers.view_state import view_of
    from napari_insitu_tem.layers.viewer_link import link_of
    from napari_insitu_tem.report.bundle import export_bundle

    session = link_of(viewer).session
    experiment, tables = session.experiment, session.tables()
    with saving(out):
        out.mkdir(parents=True, exist_ok=True)
    written = export_bundle(experiment, tables, out / "tables", overwrite=True)
    experiment.view = view_of(viewer)
    written.append(save_experiment(experiment, out / experiment.name, tables))
    session.mark_saved()
    _settle()
    picture = out / "window.png"
    with saving(picture):
        viewer.window.screenshot(str(picture), flash=False, canvas_only=False)
    return [*written, picture.absolute()]
