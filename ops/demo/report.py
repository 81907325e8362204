# ops/demo/report.py -- what is said before and after the play: addresses, the table, the verdict.
import os
import statistics
import subprocess
import sys

from screen import Paint, clock, percent

GONE_WITHIN_S = 3.0  # after its death nobody may be sent to an edge for longer than this


def print_start(fleet, world):
    ready = fleet.ready
    total = sum(edge.capacity_mbps for edge in world.edges)
    print(f"spillwayd (pid {ready['pid']}) answers DNS on {ready['dns'][0]}, HTTP on {ready['http'][0]}, "
          f"admin on {ready['admin']}")
    print(f"{len(world.edges)} edges on {world.edges[0].address} … {world.edges[-1].address} port "
          f"{world.edges[0].port}: {total / 1000:g} Gbps in all, {world.bitrate_mbps:g} Mbps for each viewer")
    print()


def _table(play):
    show, counts = play.show, play.counts
    lines = [f" {'edge':<18}{'room for':>9}{'peak load':>11}{'unsteered*':>14}{'viewers served':>16}"
             f"{'DNS':>7}{'302':>7}{'taken over':>12}"]
    for edge in show.world.edges:
        kinds = counts.served[edge.name]
        served = kinds["dns"] + kinds["redirect"]
        share = (lambda kind: percent(kinds[kind] / served)) if served else (lambda kind: "-")
        rescued = f"died {clock(show.death_at)}" if edge.name == show.dead else f"{kinds['rescued']:,}"
        lines.append(f" {edge.name:<5}{edge.city:<13}{show.world.capacity_sessions(edge):>9,}"
                     f"{percent(show.peak[edge.name]):>11}{percent(show.naive_peak[edge.name]):>14}"
                     f"{served:>16,}{share('dns'):>7}{share('redirect'):>7}{rescued:>12}")
    lines.append(" * the peak if each of the same viewers had been at the nearest edge")
    return lines


def _seconds(value):
    return f"{value:.1f} s"


def _verdicts(play):
    """(held, sentence) each: what was promised, and whether it came out so."""
    show, counts, world = play.show, play.counts, play.world
    fullest = max(show.peak, key=show.peak.get)
    over = sorted(((peak, name) for name, peak in show.naive_peak.items() if peak > 1), reverse=True)
    alone = " and ".join(f"{name} {percent(peak)}" for peak, name in over) or "no edge more than it has"
    yield (show.peak[fullest] <= world.watermark_hard,
           f"Unsteered, {alone} of capacity would have been needed; steered, the fullest edge "
           f"({fullest}) peaked at {percent(show.peak[fullest])} (watermark {percent(world.watermark)}, "
           f"limit {percent(world.watermark_hard)}).")
    refused = counts.refused.total()
    yield refused == 0, f"{refused or 'No'} viewer{'s were' if refused > 1 else ' was'} refused by a full edge."
    last = counts.last_answer_at.get(show.dead, show.dead_since) - show.dead_since
    yield (last <= GONE_WITHIN_S,
           f"{show.dead} died at {clock(show.death_at)} with {show.dead_viewers:,} viewers: the last answer "
           f"that named it was given {_seconds(max(0.0, last))} later.")
    back, waiting = sorted(counts.back_s), counts.broken - len(counts.back_s)
    yield (waiting == 0,
           (f"{len(back):,} of {counts.broken:,} broken sessions play again elsewhere, half of them within "
            f"{_seconds(statistics.median(back))}, the last after {_seconds(back[-1])}.") if back
           else f"none of {counts.broken:,} broken sessions plays again.")
    errors = counts.errors.total()
    yield (errors == 0,
           f"{counts.answers['dns']:,} DNS answers, {counts.answers['redirect']:,} redirects, "
           f"{errors or 'no'} error{'' if errors == 1 else 's'}.")


def print_end(play, cli):
    paint = Paint(sys.stdout)
    print("\n".join(_table(play)) + "\n")
    held = True
    for good, sentence in _verdicts(play):
        held = held and good
        print(f" {paint('32;1', 'held') if good else paint('31;1', 'NOT HELD')}  {sentence}")
    for words, count in play.counts.errors.most_common(5):
        print(f"   {count} × {words}")
    print()
    _print_explain(play, cli)
    return held


def _environment(fleet):
    return {**os.environ, "SPILLWAY_ADMIN": f"http://{fleet.ready['admin']}",
            "SPILLWAY_TOKEN_FILE": str(fleet.folder / "tokens" / "admin")}


def _print_explain(play, cli):
    """Asks about one client of the country whose viewers were moved most."""
    client = play.audience.draw("US")
    while client.address.version != 4:
        client = play.audience.draw("US")
    command = ["explain", "--client", str(client.address), "--name", play.world.service_name]
    print(f"$ spillway {' '.join(command)}", flush=True)
    try:
        subprocess.run([str(cli), *command], env=_environment(play.fleet), timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error)
    print()


def print_next(fleet, play, cli, running):
    ready, world = fleet.ready, play.world
    if not running:
        print("To go on yourself:\n"
              "  ops/quickstart --no-install --keep   the same, and leaves spillwayd and the edges running\n"
              "  ops/test                             builds and runs every test\n"
              f"  {_relative(cli, fleet.root)} help    what the command line can do")
        return
    dns_host, _, dns_port = ready["dns"][0].rpartition(":")
    folder = _relative(fleet.folder, fleet.root)
    (fleet.folder / "env").write_text(
        f"export SPILLWAY_ADMIN=http://{ready['admin']} SPILLWAY_TOKEN_FILE={fleet.folder}/tokens/admin\n"
        f"export PATH={cli.resolve().parent}:$PATH\n")
    dead = next((edge for edge in world.edges if edge.name == play.show.dead), None)
    print(f"""spillwayd and {len(world.edges) - 1} edges still run. Ask them:
  dig @{dns_host} -p {dns_port} +subnet=193.99.144.0/24 {world.service_name}      # Germany
  dig @{dns_host} -p {dns_port} +subnet=200.160.2.0/24 {world.service_name}       # Brazil
  curl -si -H 'X-Forwarded-For: 200.160.2.3' -H 'Host: {world.service_name}' 'http://{ready['http'][0]}/live/fight/index.m3u8?t=1'
  curl -s http://{ready['http'][0]}/steer/fight                                   # content steering
  . {folder}/env
  spillway status
  spillway drain fra1 --why 'trying it out' --for 5m
  spillway explain --client 193.99.144.80 --name {world.service_name}
  ${{EDITOR:-vi}} {folder}/policy/policy.yaml && spillway reload
""")
    if dead:
        command = " ".join(_relative(word, fleet.root) for word in fleet.edge_command(world, dead)[1:])
        print(f"Bring {dead.name} back:\n  python3 {command} &\n")
    print("End everything:\n  ops/quickstart --stop")


def _relative(path, root):
    return str(path).replace(f"{root}/", "")
