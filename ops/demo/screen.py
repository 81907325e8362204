# ops/demo/screen.py -- the live picture: redrawn in place on a terminal, else a line every 5 s.
import collections
import os
import re
import shutil
import sys
import time

EIGHTHS = " ▏▎▍▌▋▊▉█"
SPARKS = "▁▂▃▄▅▆▇█"
PLAIN_EVERY_S = 5.0
EVENTS_SHOWN = 5
WIDTH_MAX = 110
WIDE = 96  # from here on there is room for cities and details


class Paint:
    def __init__(self, stream, always=False):
        self.on = always or (stream.isatty() and "NO_COLOR" not in os.environ)
        self.unicode = always or "utf" in (stream.encoding or "").lower()

    def __call__(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.on else text

    def bold(self, text):
        return self("1", text)

    def dim(self, text):
        return self("2", text)

    def level(self, value, watermark, text):
        """Green with room, yellow where shedding goes on, red above the watermark."""
        code = "31;1" if value > watermark else "33" if value > watermark - 0.15 else "32"
        return self(code, text)


def bar(paint, value, watermark, width):
    """A bar of `value` (1 = full) with a mark at `watermark`; `width` characters wide."""
    mark = min(width - 1, round(watermark * width))
    eighths = round(max(0.0, min(value, 1.0)) * width * 8)
    cells = []
    for index in range(width):
        part = max(0, min(8, eighths - index * 8))
        cell = EIGHTHS[part] if paint.unicode else "#" if part >= 4 else " "
        if index == mark and part < 8:
            cells.append(paint("36", "│" if paint.unicode else "|"))
        else:
            cells.append(paint.level(value, watermark, cell) if part else paint.dim(
                "·" if paint.unicode else "."))
    return "".join(cells)


def clip(line, width):
    """The first `width` characters of a line with colours, colours kept whole."""
    out, left = [], width
    for part in re.split(r"(\033\[[\d;]*m)", line):
        if part.startswith("\033"):
            out.append(part)
        else:
            out.append(part[:left])
            left -= len(out[-1])
    return "".join(out)


def percent(value):
    return f"{100 * value:.0f} %"


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Screen:
    """Draws what `show` (demo.py) holds; knows nothing of sockets."""

    def __init__(self, show, stream=sys.stdout):
        self._show = show
        self._stream = stream
        self._paint = Paint(stream)
        self._lines_up = 0
        self._next_plain = 0.0
        self._recent_rates = collections.deque()
        self._events_said = 0
        self.live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def open(self):
        if self.live:
            self._stream.write("\033[?25l")  # hide the cursor

    def close(self):
        self._stream.write("\033[?25h\n" if self.live else "\n")
        self._stream.flush()

    def draw(self):
        self._show.counts.forget_old()
        self._measure_rates()
        if not self.live:
            self._draw_plain()
            return
        columns, rows = shutil.get_terminal_size((100, 40))
        lines = self._frame(min(columns - 1, WIDTH_MAX), rows - 1)
        out = [f"\033[{self._lines_up}A" if self._lines_up else "", "\r"]
        out += [clip(line, columns - 1) + "\033[K\n" for line in lines]
        if len(lines) < self._lines_up:
            out.append("\033[J")
        self._lines_up = len(lines)
        self._stream.write("".join(out))
        self._stream.flush()

    def picture(self, columns, rows):
        """The frame of this moment in colour, whatever the stream can show."""
        kept, self._paint = self._paint, Paint(self._stream, always=True)
        try:
            return self._frame(columns, rows)
        finally:
            self._paint = kept

    def _measure_rates(self):
        now, counts = time.monotonic(), self._show.counts
        started = {name: kinds["dns"] + kinds["redirect"] for name, kinds in counts.served.items()}
        self._recent_rates.append((now, dict(counts.answers), started))
        while now - self._recent_rates[0][0] > 2.0:
            self._recent_rates.popleft()

    def _rate(self, index, key):
        first, last = self._recent_rates[0], self._recent_rates[-1]
        seconds = last[0] - first[0]
        return (last[index].get(key, 0) - first[index].get(key, 0)) / seconds if seconds else 0.0

    # -- lines for logs and pipes

    def _draw_plain(self):
        show = self._show
        for event in list(show.events)[self._events_said - show.events_total:] \
                if show.events_total > self._events_said else []:
            print(event, file=self._stream)
        self._events_said = show.events_total
        if show.elapsed() < self._next_plain:
            self._stream.flush()
            return
        self._next_plain += PLAIN_EVERY_S
        edges = "  ".join(f"{edge.name} {percent(show.load(edge)):>5}" if edge.name != show.dead
                          else f"{edge.name}  dead" for edge in show.world.edges)
        worst = max(show.world.edges, key=show.naive)
        print(f"{clock(show.elapsed())}  {show.counts.alive:>5,} viewers  {edges}  | "
              f"unsteered {worst.name} {percent(show.naive(worst))}",
              file=self._stream, flush=True)

    # -- the live frame

    def _frame(self, width, rows):
        lines = self._head(width)
        lines += [""] + self._edges(width)
        events = [""] + self._events(width)
        room = rows - len(lines) - len(events) - 3
        if room >= 3:
            lines += [""] + self._countries(min(room, 9))
        return (lines + events)[:rows]

    def _head(self, width):
        show, paint, counts = self._show, self._paint, self._show.counts
        title = (f" SPILLWAY  one live event: {len(counts.nearest)} countries, "
                 f"{len(show.world.edges)} edges")
        right = f"{clock(show.elapsed())} of {clock(show.seconds)} "
        head = paint("7;1", title + " " * max(1, width - len(title) - len(right)) + right)
        dns, redirect = self._rate(1, "dns"), self._rate(1, "redirect")
        away = counts.away / max(1, sum(counts.watching.values()))
        worst = max(show.peak, key=show.peak.get, default="")
        fronts = f" ({dns:.0f} DNS, {redirect:.0f} HTTP)" if width >= WIDE else ""
        numbers = (f" {paint.bold(f'{counts.alive:>5,}')} viewers   "
                   f"{paint.bold(f'{dns + redirect:>3.0f}')} answers/s{fronts}   "
                   f"{paint.bold(percent(away))} past the nearest edge   "
                   f"fullest yet {paint.bold(percent(show.peak.get(worst, 0)))}")
        return [head, self._timeline(width), numbers]

    def _timeline(self, width):
        show, paint = self._show, self._paint
        steps = max(10, width - 40)
        done = show.elapsed() / show.seconds * steps
        cells = []
        for index in range(steps):
            at = (index + 0.5) / steps * show.seconds
            height = show.wanted_at(at) / show.viewers_max
            cell = SPARKS[min(7, int(height * 8))]
            if not paint.unicode:
                cell = "_" if height < 0.9 else "="
            if int(show.death_at / show.seconds * steps) == index:
                cell = paint("31;1", "✕" if paint.unicode else "X")
            elif index > done:
                cell = paint.dim(cell)
            else:
                cell = paint("34;1", cell)
            cells.append(cell)
        return " " + "".join(cells) + "  " + show.phase

    def _edges(self, width):
        show, paint = self._show, self._paint
        city_width = 12 if width >= WIDE else 0
        bar_width = max(10, width - 63 - city_width)
        mark = round(show.world.watermark * bar_width)
        label = ("watermark " if mark > 16 else "") + ("↓" if paint.unicode else "v")
        lines = [paint.dim(f" {'edge':<{5 + city_width}}{'load':<{mark - len(label) + 1}}{label}"
                           f"{'':<{bar_width - mark - 1}}{'':6}{'viewers':>7} {'new/s':>6} "
                           f"{'unsteered*':>11}     Spillway")]
        for edge in show.world.edges:
            load, naive = show.load(edge), show.naive(edge)
            state, code = show.state(edge)
            alone = f"{percent(naive):>7}"
            alone = paint("31;1", alone) if naive > 1 else paint.dim(alone)
            started = self._rate(2, edge.name)
            drawn = bar(paint, load, show.world.watermark, bar_width)
            if edge.name == show.dead:
                drawn = paint("31", f"{'killed at ' + clock(show.death_at):^{bar_width}}")
            city = f"{edge.city[:city_width - 1]:<{city_width}}" if city_width else ""
            lines.append(f" {paint.bold(f'{edge.name:<5}')}{city}{drawn} {percent(load):>5}"
                         f"{show.counts.watching[edge.name]:>7,} {started:>6.0f}     {alone}     "
                         f"{paint(code, state)}")
        lines.append(paint.dim(" * the load if each of the same viewers were at the nearest edge"))
        return lines

    def _countries(self, count):
        show, paint, counts = self._show, self._paint, self._show.counts
        names = [edge.name for edge in show.world.edges]
        watching = {code: sum(by.values()) for code, by in counts.by_country.items()}
        top = sorted(watching, key=lambda code: (-watching[code], code))[:count - 1]
        dot = "·" if paint.unicode else "."
        lines = [paint.dim(" where new viewers are sent   viewers "
                           + "".join(f"{name:>8}" for name in names))]
        for code in top:
            recent = counts.recent_by_country[code]
            total = sum(recent.values())
            cells = []
            for name in names:
                text = percent(recent[name] / total) if recent[name] and total else dot
                here = counts.nearest[code].name == name
                cells.append(paint.bold(f"{text:>8}") if here else f"{text:>8}" if text != dot
                             else paint.dim(f"{text:>8}"))
            lines.append(f" {code} {show.country_names[code]:<22}{watching[code]:>10,}  "
                         + "".join(cells))
        return lines

    def _events(self, width):
        lines = list(self._show.events)[-EVENTS_SHOWN:]
        lines = [" " + line[:width - 1] for line in lines]
        return lines + [""] * (EVENTS_SHOWN - len(lines))
