# Enough for `meta.license = lib.licenses.mit`.
let
  license = spdxId: { inherit spdxId; shortName = spdxId; fullName = spdxId; free = true; };
in
{
  agpl3Only = license "AGPL-3.0-only";
  agpl3Plus = license "AGPL-3.0-or-later";
  asl20 = license "Apache-2.0";
  bsd2 = license "BSD-2-Clause";
  bsd3 = license "BSD-3-Clause";
  cc0 = license "CC0-1.0";
  free = license "free";
  gpl2Only = license "GPL-2.0-only";
  gpl3Only = license "GPL-3.0-only";
  gpl3Plus = license "GPL-3.0-or-later";
  isc = license "ISC";
  lgpl3Plus = license "LGPL-3.0-or-later";
  mit = license "MIT";
  mpl20 = license "MPL-2.0";
  unlicense = license "Unlicense";
}
