# SPDX-License-Identifier: Apache-2.0
"""A program that may write an arena's `val` and means ill. Prints `ready`, then does one of these
until its standard input ends:

    hostile.py scribble ARENA     random bytes over every byte of val that has memory
    hostile.py cut ARENA          val cut to a few pages, again and again
    hostile.py lock ARENA KIND    locks on all that can be locked; KIND is shared or exclusive
"""

import fcntl
import mmap
import os
import random
import select
import struct
import sys
import time


def is_over(seconds=0):
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def scribble(arena):
    file = os.open(f"{arena}/val", os.O_RDWR)
    size = os.fstat(file).st_blocks * 512
    pages = mmap.mmap(file, size)
    dice = random.Random(1)
    print("ready", flush=True)
    while not is_over():
        # All of it now and then; mostly single words, so that much else lives for a while.
        if dice.random() < 0.01:
            pages[:] = dice.randbytes(size)
        for _ in range(200):
            place = dice.randrange(size - 8)
            pages[place:place + 8] = dice.randbytes(8)


def cut(arena):
    print("ready", flush=True)
    while not is_over(0.1):
        os.truncate(f"{arena}/val", random.choice([0, 100, 8192, 12288]))


def lock(arena, kind):
    code = fcntl.F_RDLCK if kind == "shared" else fcntl.F_WRLCK
    files = []
    for name in ("dir", "val"):
        mode = os.O_RDONLY if kind == "shared" else os.O_RDWR
        file = os.open(f"{arena}/{name}", mode)
        files.append(file)
        for start, length in ((0, 1 << 62), (1 << 62, 0)):
            taken = False
            # Exclusively only what nobody else has: half of the rest until something fits.
            while not taken:
                try:
                    fcntl.fcntl(
                        file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", code, 0, start, length, 0))
                    taken = True
                except BlockingIOError:
                    start += 1
    print("ready", flush=True)
    while not is_over(1):
        time.sleep(0.01)


if __name__ == "__main__":
    {"scribble": scribble, "cut": cut, "lock": lock}[sys.argv[1]](*sys.argv[2:])
