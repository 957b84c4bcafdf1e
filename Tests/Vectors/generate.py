#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes operations.jsonl, the one file that drives the tests of every face of the service.

    generate.py            writes the file beside this script
    generate.py --check    exits 1 if the file is not what would be written

One JSON object a line; members that say nothing are left out:
  op, type, order, failure_order (left out = derived)    what is asked
  operand (of cmpxchg the desired value), expected, unless, index
  mask                                                   of an exchange: the bits that change,
                                                         as text of the unsigned type
  relation                                               of the value to the expected one
  overflow, min, max                                     the policy where a result does not fit;
                                                         a bound left out is the type's own, but
                                                         the frame has both or none
  initial, final                                         the register before and after
  old, new, success                                      what the operation found and left;
                                                         of a bit operation, the bit; a store
                                                         finds nothing
  status                                                 of the reply on the wire; MISMATCH and
                                                         OVERFLOW ran and left the value alone
  request_hex, reply_hex                                 whole frames, handle 7, sequence 1;
                                                         a refusal's reply has a free text, so
                                                         only its status is told
  http_body, http_reply                                  of POST /v1/registers/NAME/OP
  http_status, http_slug                                 of a refusal, and of an OVERFLOW, which
  http_value                                             tells the value found
Values are text as in the HTTP interface: decimal, hexadecimal in memory order for bytes,
shortest round trip for floats. A refusal lacks the half (frame or body) that cannot say it.
"""

import json
import pathlib
import sys

from refused import refused
from running import running

FILE = pathlib.Path(__file__).with_name("operations.jsonl")


def main():
    lines = []
    for line in [*running(), *refused()]:
        text = json.dumps(line, separators=(",", ":")) + "\n"
        lines.append(text)
    lines = list(dict.fromkeys(lines))  # an order's turn may repeat a chain's
    written = "".join(lines)
    if "--check" in sys.argv[1:]:
        if not FILE.exists() or FILE.read_text() != written:
            print(f"{FILE} is not what {sys.argv[0]} writes; run it", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(written)
    print(f"{len(lines)} vectors, {len(written)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
