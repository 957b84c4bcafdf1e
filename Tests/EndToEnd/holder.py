# SPDX-License-Identifier: Apache-2.0
"""A process that knows a register's cell and adds 1 to it much later, long after the register may
have been deleted: with nothing but fcntl and mmap.

    holder.py HOW ATOMICS_CLIENT ARENA NAME     then one line on standard input lets it add

HOW is how it lives until then:
    plain   as it is
    closed  without the descriptor: only the mapping is left
    forked  as a child whose parent has ended
    execed  as another program that inherited the descriptor and maps anew
    careless  without the lock, as nobody should
"""

import ctypes
import fcntl
import mmap
import os
import struct
import sys

from mapped import locate


def attach(place, how):
    """A descriptor of `val` on which the byte that `place` tells is locked."""
    file = os.open(place["file"], os.O_RDWR)
    if how != "careless":
        shared_lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, place["lock_byte"], 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, shared_lock)
    return file


def map_cell(file, offset):
    page = offset // mmap.PAGESIZE * mmap.PAGESIZE
    pages = mmap.mmap(file, mmap.PAGESIZE, mmap.MAP_SHARED, offset=page)
    return ctypes.c_uint64.from_buffer(pages, offset - page)


def add_when_told(cell):
    print("ready", flush=True)
    sys.stdin.readline()
    # Nobody else writes the cell of a deleted register.
    cell.value += 1
    print(cell.value, flush=True)


def main():
    how = sys.argv[1]
    if how == "inherited":
        return add_when_told(map_cell(int(sys.argv[2]), int(sys.argv[3])))
    client, arena, name = sys.argv[2:5]
    while True:
        place = locate(client, arena, name)
        file = attach(place, how)
        if locate(client, arena, name)["offset"] == place["offset"]:
            break
        os.close(file)
    if how == "execed":
        os.set_inheritable(file, True)
        os.execv(sys.executable, [
            sys.executable, __file__, "inherited", str(file), str(place["offset"])])
    cell = map_cell(file, place["offset"])
    if how == "closed":
        os.close(file)
    if how == "forked" and os.fork() != 0:
        os._exit(0)
    add_when_told(cell)


if __name__ == "__main__":
    main()
