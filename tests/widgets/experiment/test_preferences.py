"""Observer and uncertainty of a pick."""

from __future__ import annotations

from napari_insitu_tem.widgets.experiment.preferences import PreferencesSection


def test_settings_are_written_and_typing_a_name_is_one_step(qtbot, session):
    section = PreferencesSection(session)
    session.document_changed.connect(section.refresh)
    qtbot.addWidget(section)
    for text in ("A", "An", "Ana"):
        section.observer.value = text
    section.u_pick_px.value = 0.5
    assert session.document.settings.observer == "Ana"
    assert session.document.settings.u_pick_px == 0.5
    assert session.undo() == "set uncertainty of a pick"
    assert section.u_pick_px.value == 1.0
    assert session.undo() == "set observer"
    assert section.observer.value == ""
