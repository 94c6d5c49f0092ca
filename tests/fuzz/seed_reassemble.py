#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds of fuzz_reassemble: eight bytes a command, as its head comment says."""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "corpus" / "reassemble"


def command(what, which, place=0, n=0, cut=0):
    return bytes([what, which]) + place.to_bytes(3, "big") + struct.pack(">HB", n, cut)


def write(name, *commands):
    (HERE / name).write_bytes(b"".join(commands))


OPEN = command(0, 0)
write("in-order", OPEN, *(command(0, 0, 0, 100) for _ in range(5)), command(0xE8, 0))
write("reversed", OPEN, *(command(4, 0, 100 * i, 100) for i in (4, 3, 2, 1, 0)))
write("overlaps", OPEN, *(command(4, 4, 70 * i, 150) for i in (5, 2, 3, 0, 1, 4)))
write("gap", OPEN, command(0, 0, 0, 10), command(0, 0, 50, 10), command(0, 0, 90, 10),
      command(0xE8, 0))
write("cut", OPEN, *(command(0, 8, 0, 300, 200) for _ in range(4)))
write("cut-early", OPEN, command(4, 8, 500, 300, 200), command(4, 0, 0, 500))
write("large", OPEN, command(2, 0, 0, 5000), command(2, 0, 200, 5000), command(2, 0, 0, 200))
write("far", OPEN, command(0, 16, 0xFFFF, 100), command(0, 16, 0x0FFF, 100), command(0, 0, 0, 9))
write("crowded", OPEN, *(command(4, 0, 10 + 8 * i, 7) for i in range(300)))
write("stop", command(0, 0, 3), *(command(0, 0, 0, 100) for _ in range(5)), command(0xE0, 0))
for version, bit in ((4, 0), (6, 4)):
    a = command(0xF1, 8 | bit, 0, 16)
    b = command(0xF1, bit, 2 << 8, 5)
    write(f"fragments-v{version}", a, b, b, a)
    write(f"fragments-late-v{version}", b, command(0xF1, 8 | bit, 100, 16), a)
    write(f"fragments-overlap-v{version}", a, command(0xF1, 8 | bit, 1 << 8, 16),
          command(0xF1, bit, 3 << 8, 5))
write("fragments-small", command(0xF1, 8, 0, 7), command(0xF1, 0, 0, 3), command(0xF3, 0, 9 << 8, 3))
