#!/usr/bin/env bash
# ASE's extended XYZ turns some hexadecimal ids into numbers, one of them into infinity.
#
# Packages: ase 3.29.0, numpy 2.4.6
# Guess:    a string in `atoms.info` comes back as a string, or is quoted so that it does; integers
#           come back as integers.
# Seen:     strings are written bare and read by looks: ids whose digits happen to be 0-9 and one e
#           become floats ("61e5" is 6100000.0, "9e999" infinity), leading zeros go, "F" becomes
#           False, underscores vanish ("1_000"). Most ids of a sweep survive, so that a few frames
#           can't be found by id. Of random 8-digit hexadecimal ids 4 % do not come back; quotes in
#           the file do not help. An array with an integer beyond 2^31 is written and cannot be read.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  ase==3.29.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import hashlib
import sys

import ase
import ase.io
import numpy as np

print("ase", ase.__version__, "- numpy", np.__version__)
print("guess: every string and every integer comes back as it was")


def round_trip(**info):
    atoms = ase.Atoms("H")
    atoms.info.update(info)
    ase.io.write("a.xyz", atoms, format="extxyz")
    return ase.io.read("a.xyz", format="extxyz").info


ids = {"61e5": 6100000.0, "9e999": np.inf, "00712345": 712345, "1_000": 1000, "F": False, "61e5a0": "61e5a0"}
seen = {written: round_trip(run=written)["run"] for written in ids}
for written, value in seen.items():
    print(f"seen: {written!r} -> {value!r}")
digests = {f"run{i}": hashlib.sha256(str(i).encode()).hexdigest()[:8] for i in range(2000)}
back = round_trip(**digests)
lost = sum(back[key] != digest for key, digest in digests.items())
print(f"seen: {lost} of {len(digests)} hexadecimal ids of 8 digits did not come back")

with open("quoted.xyz", "w") as file:
    file.write('1\nrun="61e5" Properties=species:S:1:pos:R:3\nH 0 0 0\n')
quoted = ase.io.read("quoted.xyz", format="extxyz").info["run"]
print(f"seen: quoted in the file, 'run=\"61e5\"' -> {quoted!r}")

atoms = ase.Atoms("H")
atoms.arrays["tag64"] = np.array([2**40])
ase.io.write("b.xyz", atoms, format="extxyz")
try:
    integer = str(ase.io.read("b.xyz", format="extxyz").arrays["tag64"])
except OverflowError as error:
    integer = type(error).__name__
print(f"seen: an array of 2**40 -> {integer}")
same = all(seen[key] == value and type(seen[key] == value) is not str for key, value in ids.items())
same = same and 0 < lost < 200 and quoted == 6100000.0 and integer == "OverflowError"
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
