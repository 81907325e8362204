#!/usr/bin/env python3
"""Opens the pages of `spillway rehearse --html` in headless Chromium: they draw, without an error.

usage: page_test.py SPILLWAY REHEARSAL_DIR
Exit code 77 (skipped) when there is no Chromium: `apt-get install chromium` gives one.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
NOT_HELD = 6


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    return None


def dom_of(program, page, profile):
    """The page's elements after its script ran, as HTML."""
    done = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--virtual-time-budget=4000",
         "--enable-logging=stderr", "--v=0", "--dump-dom", f"file://{page}"],
        capture_output=True, text=True, timeout=150, check=True)
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, errors


def check(program, spillway, scenario, arguments, wanted):
    with tempfile.TemporaryDirectory() as directory:
        page = Path(directory, "report.html")
        done = subprocess.run([spillway, "rehearse", scenario, "--html", str(page), *arguments],
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, NOT_HELD), done.stderr
        dom, errors = dom_of(program, page, Path(directory, "profile"))
    assert not errors, "\n".join(errors)
    assert 'data-drawn="yes"' in dom, "the script did not come to its end"
    headings = re.findall(r"<h2>([^<]*)", dom)
    missing = [heading for heading in wanted if not any(heading in h for h in headings)]
    assert not missing, f"no panel {missing}; there are {headings}"
    assert "NaN" not in re.sub(r"<script.*?</script>", "", dom, flags=re.S), "NaN in what is drawn"


def main():
    program = browser()
    if program is None:
        print("skipped: no Chromium here (Debian package chromium)")
        return SKIPPED
    spillway, directory = sys.argv[1:3]
    scenario = str(Path(directory, "fight.yaml"))
    check(program, spillway, scenario, [], ["How full every target was", "The fullest targets", "Viewers who suffer", "What happened",
                                            "Moves", "Prices of room", "Viewers by region"])
    check(program, spillway, scenario, ["--steering", "ours,nearest,clairvoyant"], ["Compared", "ours", "nearest", "clairvoyant"])
    print("both pages draw")
    return 0


if __name__ == "__main__":
    sys.exit(main())
