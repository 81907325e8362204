# ops/demo/report.py -- what is said before and after the play: addresses, the table, the verdict.
import statistics
import sys
import textwrap

from screen import Paint, clock, percent

GONE_WITHIN_S = 3.0  # after its death nobody may be sent to an edge for longer than this
TEXT_WIDTH = 100


def print_start(fleet, world):
    ready, first, last = fleet.ready, world.edges[0], world.edges[-1]
    total = sum(edge.capacity_mbps for edge in world.edges)
    print(f"spillwayd (pid {ready['pid']}) answers DNS on {ready['dns'][0]}, HTTP on "
          f"{ready['http'][0]}, admin on {ready['admin']}")
    print(f"{len(world.edges)} edges on {first.address} … {last.address} port {first.port}: "
          f"{total / 1000:g} Gbps in all, {world.bitrate_mbps:g} Mbps for each viewer")
    print()


def _table(play):
    show, counts = play.show, play.counts
    lines = [f" {'edge':<18}{'room for':>9}{'peak load':>11}{'unsteered*':>12}"
             f"{'viewers served':>16}{'DNS':>7}{'302':>7}{'taken over':>12}"]
    for edge in show.world.edges:
        kinds = counts.served[edge.name]
        served = kinds["dns"] + kinds["redirect"]
        dns, redirect = (percent(kinds[kind] / served) if served else "-"
                         for kind in ("dns", "redirect"))
        rescued = f"{kinds['rescued']:,}"
        if edge.name == show.dead:
            rescued = f"died {clock(show.death_at)}"
        lines.append(f" {edge.name:<5}{edge.city:<13}{show.world.capacity_sessions(edge):>9,}"
                     f"{percent(show.peak[edge.name]):>11}"
                     f"{percent(show.naive_peak[edge.name]):>12}"
                     f"{served:>16,}{dns:>7}{redirect:>7}{rescued:>12}")
    lines.append(" * the peak if each of the same viewers had been at the nearest edge")
    return lines


def _load_verdict(show, world):
    fullest = max(show.peak, key=show.peak.get)
    over = sorted(((peak, name) for name, peak in show.naive_peak.items() if peak > 1),
                  reverse=True)
    alone = " and ".join(f"{name} {percent(peak)}" for peak, name in over)
    return (show.peak[fullest] <= world.watermark_hard,
            f"Unsteered, {alone or 'no edge more than 100 %'} of capacity would have been needed; "
            f"steered, the fullest edge ({fullest}) peaked at {percent(show.peak[fullest])} "
            f"(watermark {percent(world.watermark)}, limit {percent(world.watermark_hard)}).")


def _verdicts(play):
    """(held, sentence) each: what was promised, and whether it came out so."""
    show, counts = play.show, play.counts
    yield _load_verdict(show, play.world)
    refused = counts.refused.total()
    yield refused == 0, f"{refused or 'No'} viewer{'s' * (refused > 1)} met an edge that was full."
    named_s = counts.last_answer_at.get(show.dead, show.dead_since) - show.dead_since
    yield (named_s <= GONE_WITHIN_S,
           f"{show.dead} died at {clock(show.death_at)} with {show.dead_viewers:,} viewers; the "
           f"last answer that named it was given {max(0.0, named_s):.1f} s later.")
    back = sorted(counts.back_s)
    half = f", half of them within {statistics.median(back):.1f} s, all within {back[-1]:.1f} s"
    yield (len(back) == counts.broken,
           f"{len(back):,} of {counts.broken:,} broken sessions play again elsewhere"
           f"{half if back else ''}.")
    errors = counts.errors.total()
    yield (errors == 0,
           f"{counts.answers['dns']:,} DNS answers, {counts.answers['redirect']:,} redirects, "
           f"{errors or 'no'} error{'s' * (errors != 1)}.")


def print_end(play):
    """The table, the verdict, and one answer explained. Returns whether all promises held."""
    paint = Paint(sys.stdout)
    print("\n".join(_table(play)) + "\n")
    held = True
    for good, sentence in _verdicts(play):
        held = held and good
        lines = textwrap.wrap(sentence, TEXT_WIDTH - 11)
        mark = paint("32;1", "held    ") if good else paint("31;1", "NOT HELD")
        print(f" {mark}  " + ("\n" + " " * 11).join(lines))
    for words, count in play.counts.errors.most_common(5):
        print(f"   {count} × {words}")
    print()
    print(play.explained)
    return held


NEXT = """To go on yourself:
  ops/quickstart --no-install --keep    again, and leaves spillwayd and the edges running
  ops/test                              builds and runs every test
  {cli} help       what the command line can do"""

NEXT_RUNNING = """spillwayd and {alive} edges still run. Ask them:
  dig @{dns_host} -p {dns_port} +subnet=193.99.144.0/24 {name}   # a client in Germany
  dig @{dns_host} -p {dns_port} +subnet=200.160.2.0/24 {name}    # and one in Brazil
  curl -si -H 'Host: {name}' -H 'X-Forwarded-For: 200.160.2.3' 'http://{http}/live/fight/a.m3u8'
  curl -s -H 'X-Forwarded-For: 200.160.2.3' 'http://{http}/steer/fight'   # content steering

  . {folder}/env      # tells the following whom to ask
  spillway status
  spillway drain fra1 --who me --why 'trying it out' --for 5m
  spillway explain --client 193.99.144.80 --name {name}
  ${{EDITOR:-vi}} {folder}/policy/policy.yaml && spillway reload

Bring {dead} back:
  python3 {revive} &

End everything:
  ops/quickstart --stop"""


def print_next(fleet, play, cli, running):
    ready, world = fleet.ready, play.world
    if not running:
        print(NEXT.format(cli=_relative(cli, fleet.root)))
        return
    dns_host, _, dns_port = ready["dns"][0].rpartition(":")
    (fleet.folder / "env").write_text(
        f"export SPILLWAY_ADMIN=http://{ready['admin']}\n"
        f"export SPILLWAY_TOKEN_FILE='{fleet.folder}/tokens/admin'\n"
        f"export PATH='{cli.resolve().parent}':\"$PATH\"\n")
    dead = next(edge for edge in world.edges if edge.name == play.show.dead)
    revive = " ".join(_relative(word, fleet.root) for word in fleet.edge_command(world, dead)[1:])
    print(NEXT_RUNNING.format(
        alive=len(world.edges) - 1, dns_host=dns_host, dns_port=dns_port, http=ready["http"][0],
        name=world.service_name, folder=_relative(fleet.folder, fleet.root), dead=dead.name,
        revive=revive))


def _relative(path, root):
    return str(path).replace(f"{root}/", "")
