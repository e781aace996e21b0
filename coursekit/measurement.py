"""What the lecture claims beside what was measured here, as a box in the notebook and as data for the lecture map."""

from __future__ import annotations

import html

from IPython.display import display

MIME = "application/vnd.course.measurement+json"


def measured(claim: str, says: str, here: str, agrees: bool, why: str = "") -> None:
    """Show a claim of the lecture beside the measurement of this notebook.

    claim    the claim's key in docs/claims.toml, such as "S4.2.ranking"
    says     the claim in a few words
    here     what was measured, with its numbers
    agrees   whether the measurement supports the claim
    why      one sentence, needed where it does not
    """
    if not agrees and not why:
        raise ValueError(f"{claim}: say why the measurement disagrees.")
    verdict = "agrees" if agrees else "disagrees"
    rows = [("The lecture says", says), ("Measured here", here), (f"It {verdict}", why)]
    text = "\n".join(f"{name}: {value}" for name, value in rows if value or name.startswith("It"))
    cells = "".join(
        f"<tr><th style='text-align:left;vertical-align:top;white-space:nowrap'>{name}</th><td style='text-align:left'>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    data = {"claim": claim, "says": says, "here": here, "agrees": bool(agrees), "why": why}
    display({"text/html": f"<table>{cells}</table>", "text/plain": text, MIME: data}, raw=True)
