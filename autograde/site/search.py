"""What the search box looks through: every section of every page, as a script that the page loads when it is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from autograde.site.markdown import plain
from autograde.site.page import Page

SECTION = re.compile(r'(?=<h[1-4] id="[^"]+">)')
ANCHOR = re.compile(r'<h[1-4] id="([^"]+)">')
END = re.compile(r"</h[1-4]>")
UNSPOKEN = re.compile(r"<math.*?</math>|<(script|style)\b.*?</\1>", re.DOTALL)


def search_index(pages: Sequence[Page]) -> str:
    """The script. A local page may load a script but not fetch a file, so that the site works from a folder."""
    entries = [entry for page in pages for entry in _entries(page)]
    return f"window.searchIndex = {json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};\n"


def _entries(page: Page) -> Iterator[dict[str, str]]:
    titles = {heading.anchor: heading.text for heading in page.headings}
    for piece in SECTION.split(str(page.body)):
        found = ANCHOR.match(piece)
        text = plain(UNSPOKEN.sub(" ", END.split(piece, maxsplit=1)[1] if found else piece))
        title = titles.get(found[1], page.title) if found else page.title
        anchor = f"#{found[1]}" if found else ""
        if found or text:
            yield {
                "u": page.path + anchor,
                "p": page.title,
                "t": title.replace("`", "").replace("$", ""),
                "x": text,
            }
