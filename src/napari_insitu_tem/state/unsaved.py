"""Whether unsaved edits hold anything that would be missed."""

from __future__ import annotations

from dataclasses import replace

from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.session import Session


def would_be_missed(experiment: Experiment) -> bool:
    """Whether an experiment that is not saved holds work of the user.

    Alignments by the start times in the files come by themselves when files are
    opened, and come again when they are opened again.
    """
    if experiment.folder is not None:
        return True
    return not is_automatic(experiment.document)


def is_automatic(document: Document) -> bool:
    """Whether a document holds nothing but alignments by start times."""
    histories = document.alignments.values()
    methods = {alignment.method for history in histories for alignment in history}
    rest = replace(document, alignments=Document().alignments)
    return methods <= {"stamps"} and rest == Document()


def has_work_at_risk(session: Session) -> bool:
    """Whether closing a session now would lose work of the user."""
    return session.has_unsaved_edits and would_be_missed(session.experiment)
