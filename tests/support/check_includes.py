#!/usr/bin/env python3
"""Compares every #include with what its library declares (STYLE: a library lists exactly what it includes).

usage: check_includes.py SOURCE_DIR HOUSE_FILE
  HOUSE_FILE is written at configure time: `kind name layer file,file dep,dep` per line.

Faults: a header of a library that is not in DEPS; a library in DEPS that nothing includes; a source file in
a library folder that no target owns; a third-party header whose target is not in DEPS.
"""
import re
import subprocess
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
# First match wins. Third-party headers and the targets that carry them (any one of them will do).
THIRD_PARTY = [
    ("absl/base/", ["absl::core_headers"]),
    ("absl/container/flat_hash_map.h", ["absl::flat_hash_map"]),
    ("absl/container/flat_hash_set.h", ["absl::flat_hash_set"]),
    ("absl/container/btree_map.h", ["absl::btree"]),
    ("absl/container/btree_set.h", ["absl::btree"]),
    ("absl/container/inlined_vector.h", ["absl::inlined_vector"]),
    ("absl/container/fixed_array.h", ["absl::fixed_array"]),
    ("absl/cleanup/", ["absl::cleanup"]),
    ("absl/flags/flag.h", ["absl::flags"]),
    ("absl/flags/parse.h", ["absl::flags_parse"]),
    ("absl/flags/usage.h", ["absl::flags_usage"]),
    ("absl/functional/function_ref.h", ["absl::function_ref"]),
    ("absl/hash/", ["absl::hash"]),
    ("absl/numeric/bits.h", ["absl::bits"]),
    ("absl/numeric/int128.h", ["absl::int128"]),
    ("absl/random/", ["absl::random_random"]),
    ("absl/status/statusor.h", ["absl::statusor"]),
    ("absl/status/", ["absl::status"]),
    ("absl/strings/str_format.h", ["absl::str_format"]),
    ("absl/strings/", ["absl::strings"]),
    ("absl/time/", ["absl::time"]),
    ("absl/types/span.h", ["absl::span"]),
    ("curl/", ["CURL::libcurl"]),
    ("ldns/", ["PkgConfig::ldns"]),
    ("maxminddb.h", ["PkgConfig::libmaxminddb"]),
    ("openssl/", ["OpenSSL::Crypto"]),
    ("re2/", ["PkgConfig::re2"]),
    ("simdjson.h", ["simdjson::simdjson"]),
    ("yaml-cpp/", ["yaml-cpp"]),
]
LIBRARY_FOLDERS = ("base/", "dns/", "http/", "policies/", "steering/", "sim/", "apps/")


def read_house(path):
    """[(kind, name, layer, files, deps)]"""
    house = []
    for line in Path(path).read_text().splitlines():
        parts = (line.split(" ") + [""] * 5)[:5]
        files = [f for f in parts[3].split(",") if f and not f.endswith("/")]
        house.append((parts[0], parts[1], parts[2], files, [d for d in parts[4].split(",") if d]))
    return house


def third_party_targets(header):
    for prefix, targets in THIRD_PARTY:
        if header.startswith(prefix):
            return targets
    return None


def check(source_dir, house):
    faults = []
    owner = {f: name for kind, name, _, files, _ in house if kind == "library" for f in files}
    libraries = {name for kind, name, _, _, _ in house if kind == "library"}
    for kind, name, _, files, deps in house:
        used = set()
        for file in files:
            path = Path(source_dir, file)
            if not path.exists():
                faults.append(f"{file}: listed by {name} but not there")
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                header = match.group(2)
                mine = owner.get(header)
                if mine:
                    used.add(mine)
                    if mine != name and mine not in deps:
                        faults.append(f"{file}:{number}: includes {header} of {mine}; add {mine} to DEPS of {name}")
                    continue
                targets = third_party_targets(header)
                if targets:
                    used.update(targets)
                    # Tests get what GoogleTest and their libraries bring; a library names what it uses.
                    if kind == "library" and not set(targets) & set(deps):
                        faults.append(f"{file}:{number}: includes {header}; add {targets[0]} to DEPS of {name}")
        if kind == "library":
            for dep in deps:
                if (dep in libraries or dep.startswith("absl::")) and dep not in used:
                    faults.append(f"{name}: DEPS lists {dep}, which nothing in it includes")
    return faults


def strays(source_dir, house):
    """Sources in a library's folder that no target compiles: dead, or forgotten."""
    known = {f for _, _, _, files, _ in house for f in files}
    tracked = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", *LIBRARY_FOLDERS], cwd=source_dir,
                             capture_output=True, text=True, check=True).stdout.split()
    return [f"{file}: no target owns this file" for file in tracked
            if file.endswith((".h", ".cc")) and file not in known and Path(source_dir, file).exists()]


def main():
    house = read_house(sys.argv[2])
    faults = check(sys.argv[1], house) + strays(sys.argv[1], house)
    print("\n".join(faults) if faults else "every include is declared")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
