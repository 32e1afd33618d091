#!/usr/bin/env bash
# motep cannot read the potential that it has written.
#
# Packages: motep 0.2.0, numpy 2.4.6
# Guess:    `write_mtp` writes what `read_mtp` reads, for any trained potential that it has read
#           itself.
# Seen:     the writer puts radial_coeffs before radial_funcs_count, which its reader needs by then:
#           KeyError. So a potential trained with motep can't be used by motep again unless two
#           lines are moved by hand; the file in the order of MLIP's own is read.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  motep==0.2.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from importlib.metadata import version

from motep.io.mlip.mtp import read_mtp, write_mtp

print(*(f"{name} {version(name)}" for name in ("motep", "numpy")), sep=", ")
print("guess: a potential that was read and written can be read")
with open("a.mtp", "w") as file:
    file.write("""MTP
version = 1.1.0
potential_name = level2
scaling = 1.0
species_count = 1
potential_tag =
radial_basis_type = RBChebyshev
\tmin_dist = 1.5
\tmax_dist = 5.0
\tradial_basis_size = 3
\tradial_funcs_count = 1
\tradial_coeffs
\t\t0-0
\t\t\t{0.1, 0.2, 0.3}
alpha_moments_count = 1
alpha_index_basic_count = 1
alpha_index_basic = {{0, 0, 0, 0}}
alpha_index_times_count = 0
alpha_index_times = {}
alpha_scalar_moments = 1
alpha_moment_mapping = {0}
species_coeffs = {-1.0}
moment_coeffs = {0.5}
""")
potential = read_mtp("a.mtp")
write_mtp("b.mtp", potential)
written = open("b.mtp").read()
try:
    read_mtp("b.mtp")
    seen = "read"
except KeyError as error:
    seen = f"KeyError: {error}"
keys = [line.split()[0] for line in written.splitlines() if line.strip().startswith("radial_")]
print("seen: order written:", keys)
print("seen: reading it back:", seen)
same = seen == "KeyError: 'radial_funcs_count'" and keys.index("radial_coeffs") < keys.index("radial_funcs_count")
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py
