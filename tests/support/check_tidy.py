#!/usr/bin/env python3
"""House rules a compiler does not know, each with the only files that may break it (STYLE 6.8).

usage: check_tidy.py SOURCE_DIR
"""
import re
import subprocess
import sys
from pathlib import Path

# (what, pattern, use instead, files allowed: prefixes)
BANS = [
    ("a real clock", r"\babsl::Now\(|_clock::now\(|\bclock_gettime\(|\bgettimeofday\(|[^\w:]time\(nullptr\)",
     "a Clock passed in", ["base/clock.cc", "tests/", "base/log.cc"]),
    ("absl::Mutex", r"\babsl::(Mutex|Notification|CondVar)\b", "base/mutex.h: TSan cannot see Debian's", []),
    ("std::string_view", r"\bstd::string_view\b", "absl::string_view; base/strings.h converts",
     ["base/strings.h", "tests/", "http/admin/drain_request.cc", "steering/feed/", "apps/cli/",
      "policies/regex.cc"]),
    ("%v in a format", r'Str(Append)?Format\([^;]*"[^"]*%v', "a typed conversion: %v prints nothing here", []),
    ("std::regex", r"\bstd::regex\b|#include <regex>", "RE2", []),
    ("throw", r"\bthrow\b[^;]*;", "Status or an error enum", ["tests/"]),
    ("ambient chance", r"\brandom_device\b|[^\w]rand\(\)|\babsl::BitGen\b", "a seed passed in", ["tests/"]),
    ("a sleep", r"\bsleep_for\(|\busleep\(|[^\w_]sleep\(\d", "wait on a condition",
     ["steering/control/plan_loop.cc"]),
    ("left for later", r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b", "do it, or say it in docs", []),
    ("a path of one machine", r'"/(home|work|root|tmp)/', "a path made at run time", ["tests/"]),
]
LINE_MAX = 100
SOURCE_LINES_MAX = 450
FUNCTION_LINES_MAX = 75  # "about 70"; the brace matcher counts signature and closing brace
CODE = (".h", ".cc")


def strip_comment(line):
    return re.sub(r"//.*", "", line)


def check_lines(name, lines):
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield f"{name}:{number}: tab"
        if len(line) > LINE_MAX and not name.endswith(".inc"):
            yield f"{name}:{number}: {len(line)} columns; want at most {LINE_MAX}"
        for what, pattern, instead, allowed in BANS:
            text = line if what == "left for later" else strip_comment(line)
            if re.search(pattern, text) and not any(name.startswith(a) for a in allowed):
                yield f"{name}:{number}: {what}; use {instead}"


def check_head(name, lines):
    first = lines[0] if lines else ""
    if not name.endswith("_fuzz.cc") and name.endswith(".h") and not first.startswith(f"// {name} -- "):
        yield f"{name}:1: want a first line '// {name} -- one sentence'"
    if name.endswith(".h"):
        guard = "SPILLWAY_" + re.sub(r"[/.]", "_", name).upper() + "_"
        if f"#ifndef {guard}" not in "\n".join(lines):
            yield f"{name}: want the include guard {guard}"


def check_sizes(name, lines):
    if name.startswith("tests/"):
        return
    if len(lines) > SOURCE_LINES_MAX:
        yield f"{name}: {len(lines)} lines; want at most {SOURCE_LINES_MAX}: what should it be two of?"
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"^[A-Za-z].*\{$", line) and not re.match(r"^(namespace|class|struct|enum|extern|constexpr|const|static const)\b", line):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start > FUNCTION_LINES_MAX:
                yield f"{name}:{start}: function of {number - start} lines; want at most {FUNCTION_LINES_MAX}"
            start = None


def check(source_dir):
    files = subprocess.run(["git", "ls-files"], cwd=source_dir, capture_output=True, text=True, check=True).stdout.split()
    faults = []
    for name in files:
        path = Path(source_dir, name)
        if not name.endswith(CODE) or not path.exists():
            continue
        lines = path.read_text(errors="replace").splitlines()
        for part in (check_lines, check_head, check_sizes):
            faults.extend(part(name, lines))
    return faults


def main():
    faults = check(sys.argv[1])
    print("\n".join(faults) if faults else "the house is tidy")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
