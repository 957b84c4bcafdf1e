# SPDX-License-Identifier: Apache-2.0
"""Maps a register's cell with nothing but fcntl, mmap and the package `atomics`, as a program that
knows nothing of the service would. Adds 1 until its standard input ends, then prints how often.

    mapped.py ATOMICS_CLIENT ARENA NAME
"""

import fcntl
import json
import mmap
import os
import select
import struct
import subprocess
import sys

import atomics


def locate(client, arena, name):
    return json.loads(subprocess.run(
        [client, "locate", name, "--json", "--server", f"shm:{arena}"],
        check=True, capture_output=True, text=True, timeout=20).stdout)


def map_cell(client, arena, name):
    """A view of the register's bytes: lock the byte that `locate` tells, then look again."""
    while True:
        place = locate(client, arena, name)
        file = os.open(place["file"], os.O_RDWR)
        shared_lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, place["lock_byte"], 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, shared_lock)
        again = locate(client, arena, name)
        # The byte moves with every deletion; an older one is as safe.
        if (again["file"], again["offset"]) == (place["file"], place["offset"]):
            break
        os.close(file)
    page = place["offset"] // mmap.PAGESIZE * mmap.PAGESIZE
    within = place["offset"] - page
    pages = mmap.mmap(file, within + place["width"], mmap.MAP_SHARED, offset=page)
    return memoryview(pages)[within:within + place["width"]]


def main():
    cell = map_cell(*sys.argv[1:4])
    count = 0
    print("ready", flush=True)
    with atomics.atomicview(buffer=cell, atype=atomics.UINT) as register:
        while not select.select([sys.stdin], [], [], 0)[0]:
            for _ in range(100):
                register.fetch_add(1, atomics.MemoryOrder.RELAXED)
            count += 100
    print(count, flush=True)


if __name__ == "__main__":
    main()
