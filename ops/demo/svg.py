# ops/demo/svg.py -- one frame of the screen as a picture: how docs/quickstart.svg is made.
import html
import re

CELL_X, CELL_Y = 7.8, 17  # of a 13 px monospace font
MARGIN = 14
INK, PAPER, DIM = "#d7dae0", "#15181d", "#6f7783"
COLOURS = {"31": "#f0616d", "32": "#7cc36e", "33": "#e6b450", "34": "#5ea1f0", "35": "#c58af9",
           "36": "#56c7d6"}


def _runs(line):
    """(column, text, codes) of each stretch of equal colour."""
    column, codes = 0, frozenset()
    for part in re.split(r"(\033\[[\d;]*m)", line):
        if part.startswith("\033["):
            codes = frozenset(part[2:-1].split(";")) - {"0", ""}
        elif part:
            yield column, part, codes
            column += len(part)


def _run_svg(x, y, text, codes):
    colour = next((COLOURS[code] for code in sorted(codes) if code in COLOURS), INK)
    out = ""
    if "2" in codes:
        colour = DIM
    if "7" in codes:
        out = (f'<rect x="{x:.1f}" y="{y - 13}" width="{len(text) * CELL_X:.1f}" height="{CELL_Y}" '
               f'fill="{INK}"/>')
        colour = PAPER
    weight = ' font-weight="bold"' if "1" in codes else ""
    return (f'{out}<text x="{x:.1f}" y="{y}" fill="{colour}"{weight} '
            f'textLength="{len(text) * CELL_X:.1f}">{html.escape(text)}</text>')


def _split(column, text, codes):
    """Blank stretches are left out, so that what is drawn stays small; bars keep one run."""
    if "7" in codes:
        yield column, text
        return
    for match in re.finditer(r"\S+(?: \S+)*", text):
        yield column + match.start(), match[0]


def frame_svg(lines):
    columns = max(len(re.sub(r"\033\[[\d;]*m", "", line)) for line in lines)
    width, height = columns * CELL_X + 2 * MARGIN, len(lines) * CELL_Y + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
           f'font-family="ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="13" '
           f'xml:space="preserve">',
           f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>']
    for row, line in enumerate(lines):
        y = MARGIN + 13 + row * CELL_Y
        for column, text, codes in _runs(line):
            for at, piece in _split(column, text, codes):
                out.append(_run_svg(MARGIN + at * CELL_X, y, piece, codes))
    return "\n".join(out + ["</svg>"]) + "\n"
