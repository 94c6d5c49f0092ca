# SPDX-License-Identifier: GPL-3.0-or-later
"""AES in counter mode, for payloads that must be encrypted truly (FIPS 197, SP 800-38A). Slow and
plain: python's own library has no cipher, and the payloads shall need nothing else."""


def _tables():
    p = q = 1
    box = [0] * 256
    while True:
        p = p ^ (p << 1) & 0xFF ^ (0x1B if p & 0x80 else 0)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4)
        box[p] = (x ^ 0x63) & 0xFF
        if p == 1:
            break
    box[0] = 0x63
    return box


BOX = _tables()


def _double(a):
    return (a << 1 ^ (0x1B if a & 0x80 else 0)) & 0xFF


def _expand(key):
    n, words, rcon = len(key) // 4, [list(key[i:i + 4]) for i in range(0, len(key), 4)], 1
    for i in range(n, 4 * (n + 7)):
        word = list(words[-1])
        if i % n == 0:
            word = [BOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = _double(rcon)
        elif n > 6 and i % n == 4:
            word = [BOX[b] for b in word]
        words.append([a ^ b for a, b in zip(word, words[i - n])])
    return [sum(words[i:i + 4], []) for i in range(0, len(words), 4)]


def block(key, data):
    """One block encrypted under a key of 16, 24 or 32 bytes."""
    keys = _expand(key)
    state = [a ^ b for a, b in zip(data, keys[0])]
    for number, round_key in enumerate(keys[1:], 1):
        state = [BOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < len(keys) - 1:
            mixed = []
            for c in range(0, 16, 4):
                a = state[c:c + 4]
                for i in range(4):
                    b, d = a[i], a[(i + 1) % 4]
                    mixed.append(_double(b) ^ _double(d) ^ d ^ a[(i + 2) % 4] ^ a[(i + 3) % 4])
            state = mixed
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


def ctr(key, counter, n):
    """The first n bytes of the key stream."""
    number = int.from_bytes(counter, "big")
    out = b""
    while len(out) < n:
        out += block(key, (number % (1 << 128)).to_bytes(16, "big"))
        number += 1
    return out[:n]
