"""The columns of a table of fitted rate laws, described once."""

from __future__ import annotations

from napari_insitu_tem.model.columns import Column

LAW_COLUMNS: tuple[Column, ...] = (
    Column("id", "string", "Path, object, front, law and parameter."),
    Column("object", "string", "The object."),
    Column("front", "string", "The front."),
    Column("path", "string", "The path along which it moves."),
    Column("movie", "string", "The movie."),
    Column("first_frame", "integer", "First frame of the fit."),
    Column("last_frame", "integer", "Last frame of the fit."),
    Column("fitted_to", "string", "kymograph: what each frame says; or picks."),
    Column("against", "string", "time, or charge passed since the first frame."),
    Column("law", "string", "The rate law."),
    Column("geometry", "string", "planar, cylinder or sphere."),
    Column("volume_ratio", "number", "Volume of the product over the reactant's."),
    Column("parameter", "string", "Parameter of the law."),
    Column("value", "number", "Its value; empty where the frames cannot tell."),
    Column("unit", "string", "Unit of the value."),
    Column("u_value", "number", "Standard uncertainty; 0 where it was given."),
    Column("roughness", "number", "How far the front strays from the law (1 s.d.)."),
    Column("roughness_unit", "string", "Unit of the roughness."),
    Column("n_frames", "integer", "Frames that say something."),
    Column("log_likelihood", "number", "At the maximum."),
    Column("aicc", "number", "Akaike's criterion, corrected for few frames."),
    Column("aicc_weight", "number", "Akaike weight among the laws compared."),
    Column("best", "string", "yes for the simplest law within 2 of the lowest AICc."),
    Column("flag", "string", "not_identifiable where the frames cannot tell."),
    Column("stale", "string", "yes where what it rests on was changed since."),
    Column("gain_counts", "number", "Counts per electron, where known.", "counts"),
    Column("fitted_utc", "string", "When it was fitted, ISO 8601 in UTC."),
)
