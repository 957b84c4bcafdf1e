# SPDX-License-Identifier: Apache-2.0
"""Measures the Python package atomics: python_atomics.py SLICES PROCESSOR

Prints a line per slice as core-benchmark does: operation, bytes, order, failure order, face, and
nanoseconds of one operation.
"""
import os
import sys
import timeit

import atomics

OPERATIONS = {
    "inc": "a.inc()",
    "fetch_add": "a.fetch_add(1)",
    "load": "a.load()",
    "cmpxchg_strong": "a.cmpxchg_strong(0, 0)",
}
TURNS = 5_000

slices, processor = map(int, sys.argv[1:])
os.sched_setaffinity(0, {processor})
for name, call in OPERATIONS.items():
    atomic = atomics.atomic(width=8, atype=atomics.UINT)
    timer = timeit.Timer(call, globals={"a": atomic})
    timer.timeit(TURNS)
    for _ in range(slices):
        nanoseconds = timer.timeit(TURNS) / TURNS * 1e9
        print(name, 8, "seq_cst", "seq_cst", "python", nanoseconds, sep="\t")
