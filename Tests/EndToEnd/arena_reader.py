# SPDX-License-Identifier: Apache-2.0
"""Reads an arena with nothing but Python's standard library: names, types and values.

    arena_reader.py ARENA [NAME]

Prints `NAME KIND BITS VALUE`, the value's bits as an unsigned number: of all registers, or of one.
"""

import fcntl
import mmap
import os
import stat
import struct
import sys

KINDS = ("unsigned", "signed", "bytes", "float")
HEADER = struct.Struct("<8sIIQQQ16s16sQ2QQIIQQQQQQQQI")
MASK = (1 << 64) - 1


def crc32c(data):
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def siphash13(key, data):
    v = [key[0] ^ 0x736F6D6570736575, key[1] ^ 0x646F72616E646F6D,
         key[0] ^ 0x6C7967656E657261, key[1] ^ 0x7465646279746573]

    def turn():
        for a, b, bits, c, d, more in ((0, 1, 13, 2, 3, 16), (2, 1, 17, 0, 3, 21)):
            v[a], v[c] = (v[a] + v[b]) & MASK, (v[c] + v[d]) & MASK
            v[b] = (v[b] << bits | v[b] >> 64 - bits) & MASK ^ v[a]
            v[d] = (v[d] << more | v[d] >> 64 - more) & MASK ^ v[c]
            v[a] = (v[a] << 32 | v[a] >> 32) & MASK

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        turn()
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(3):
        turn()
    return v[0] ^ v[1] ^ v[2] ^ v[3]


class ArenaReader:
    """An observer's attachment: it lasts as long as the two mappings."""

    def __init__(self, path):
        owner = os.stat(path, follow_symlinks=False).st_uid
        names, values = (self._open(f"{path}/{name}", owner) for name in ("dir", "val"))
        header = os.pread(names, HEADER.size + 4, 0)
        (magic, tag, version, incompatible, _, _, uuid, _, _, *self.key, _, record, cell,
         self.capacity, self.index, self.index_length, self.records, length, _, self.cells,
         values_length, checksum) = HEADER.unpack_from(header)
        if magic != b"\x89ATMARN\n" or tag != 0x01020304 or version != 1 or incompatible:
            raise ValueError(f"{path}/dir: not an arena of layout version 1")
        if checksum != crc32c(header[:176]) or (record, cell) != (256, 64):
            raise ValueError(f"{path}/dir: the header is damaged")
        if os.pread(values, 32, 0) != b"\x89ATMVAL\n" + uuid + struct.pack("<Q", values_length):
            raise ValueError(f"{path}/val: belongs to another dir")
        self.dir = memoryview(mmap.mmap(names, length, mmap.MAP_SHARED, mmap.PROT_READ))
        # The lock comes before the first look-up, on the descriptor that is mapped.
        self.lock_byte = (1 << 62) + self._word(336)
        lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, self.lock_byte, 1, 0)
        fcntl.fcntl(values, fcntl.F_OFD_SETLK, lock)
        self.val = memoryview(
            mmap.mmap(values, values_length, mmap.MAP_SHARED, mmap.PROT_READ))
        os.close(names)
        os.close(values)

    @staticmethod
    def _open(path, owner):
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != owner:
            raise ValueError(f"{path}: not a file of the arena's owner")
        return file

    def _word(self, offset):
        return self.dir[offset:offset + 8].cast("Q")[0]

    def _register(self, slot):
        """(name, kind, width, value) of a live register, else None."""
        if slot >= min(self._word(256), self.capacity):
            return None
        at, state = self.records + 256 * slot, None
        while state != self._word(at):  # else what was read belongs together
            state = self._word(at)
            if state & 0x7F != 1:
                return None
            _, kind, width, length, _, name = struct.unpack_from("<IBBBB128s", self.dir, at + 8)
        if kind > 3 or width > 4 or length > 128:
            return None
        return name[:length].decode(), KINDS[kind], 1 << width, self._value(slot, 1 << width)

    def _value(self, slot, width):
        at = self.cells + 64 * slot
        if width < 16:
            return self.val[at:at + width].cast("_BH_I___Q"[width])[0]
        # Two halves are one value when both are found again.
        halves = self.val[at:at + 16].cast("Q")
        while True:
            low, high = halves
            if (low, high) == tuple(halves):
                return high << 64 | low

    def find(self, name):
        digest = siphash13(self.key, name.encode())
        while True:
            level = self._word(264)
            log2, start = level & 63, level & ~63
            if start < self.index or start + (8 << log2) > self.index + self.index_length:
                raise ValueError("the header leads outside the index")
            position = digest >> 64 - log2
            for turn in range(1 << log2):
                word = self._word(start + 8 * ((position + turn) % (1 << log2)))
                if word == 0:
                    break
                if word >> 32 == digest >> 32 and word & 0xFFFFFFFF != 0xFFFFFFFF:
                    found = self._register((word & 0xFFFFFFFF) - 1)
                    if found and found[0] == name:
                        return found
            if self._word(264) == level:
                return None

    def list(self):
        slots = range(min(self._word(320), self.capacity))
        return [found for found in map(self._register, slots) if found]


def main():
    arena = ArenaReader(sys.argv[1])
    for name, kind, width, value in (
            arena.list() if len(sys.argv) == 2 else filter(None, [arena.find(sys.argv[2])])):
        print(name, kind, 8 * width, value)


if __name__ == "__main__":
    main()
