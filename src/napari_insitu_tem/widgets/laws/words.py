"""A report of rate laws in words and numbers, for a narrow dock."""

from __future__ import annotations

import html

from napari_insitu_tem.model.rate_law import LawParameter
from napari_insitu_tem.model.rounding import rounded
from napari_insitu_tem.state.laws.report import LawReport

#: Parameter to what the user reads.
_NAMES = {
    "start": "start",
    "onset": "onset",
    "radius": "radius at the onset",
    "velocity": "velocity",
    "parabolic_constant": "parabolic constant",
    "diffusion_constant": "diffusion constant",
    "coefficient": "coefficient",
    "exponent": "exponent",
}

LAW_TITLES = {
    "linear": "Linear",
    "parabolic": "Parabolic",
    "linear-parabolic": "Linear-parabolic",
    "power": "Power",
    "piecewise-linear": "Piecewise linear",
}


def report_html(report: LawReport) -> str:
    """Weights of the laws, then the parameters of the one that is drawn."""
    parts = [_weights(report)] if report.weights else []
    parts.append(_parameters(report))
    return "".join(parts)


def _weights(report: LawReport) -> str:
    lowest = min(fit.aicc for fit in report.law.fits)
    rows = ["<tr><td><b>Law</b></td><td align=right><b>&Delta;AICc</b></td>"]
    rows[0] += "<td align=right><b>weight</b></td></tr>"
    for law, weight in report.weights.items():
        name = LAW_TITLES.get(law, law)
        name = f"<b>{name}</b>" if law == report.shown.law else name
        more = report.fit(law).aicc - lowest
        rows.append(
            f"<tr><td>{name}</td><td align=right>{more:.1f}</td>"
            f"<td align=right>{_share(weight)}</td></tr>"
        )
    return f"<table cellspacing=0 cellpadding=2 width='100%'>{''.join(rows)}</table>"


def _parameters(report: LawReport) -> str:
    fit = report.shown
    law = fit.law
    lines = [f"<p style='margin:4px 0 0 0'><b>{LAW_TITLES.get(law, law)}</b></p>"]
    rows = [
        f"<tr><td>{_name(p.name)}</td><td align=right>{_unbroken(_value(p))}</td></tr>"
        for p in fit.parameters
    ]
    stray = f"{fit.roughness:.2g} {report.law.length}"
    rows.append(f"<tr><td>strays from it by</td><td align=right>{stray}</td></tr>")
    rows.append(f"<tr><td>frames</td><td align=right>{fit.frames}</td></tr>")
    lines.append(
        f"<table cellspacing=0 cellpadding=2 width='100%'>{''.join(rows)}</table>"
    )
    return "".join(lines)


def _unbroken(text: str) -> str:
    """Text that stays on one line."""
    return text.replace(" ", "&nbsp;").replace("/", "&#8288;/&#8288;")


def _name(name: str) -> str:
    stem, _, number = name.rpartition("_")
    if number.isdigit():
        return f"{'change at' if stem == 'break' else stem} {number}"
    return _NAMES.get(name, name.replace("_", " "))


def _value(parameter: LawParameter) -> str:
    """Value and uncertainty, to two digits of the latter."""
    unit = html.escape(parameter.unit)
    if parameter.value is None:
        return "cannot be told"
    if parameter.is_given:
        return f"{parameter.value:.5g} {unit} (given)"
    text, spread = rounded(parameter.value, parameter.u_value, 4)
    return f"{text} &plusmn; {spread} {unit}" if spread else f"{text} {unit}"


def _share(weight: float) -> str:
    return "&lt; 0.1 %" if weight < 1e-3 else f"{100 * weight:.1f} %"
