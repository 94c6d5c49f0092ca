#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds of fuzz_flow: what each detector looks for, in commands of twelve bytes, as its
head comment says."""
import pathlib

HERE = pathlib.Path(__file__).parent / "corpus" / "flow"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
(NOTHING, INLINE, FILLER, HELLO, HELLO_OTHER, SERVER_HELLO, ALERT, GET, GET_OTHER, OK, BLOCKED,
 REDIRECT, QUERY, QUERY_OTHER, ANSWER, FORGED, PRIVATE, ANSWER_OTHER, NXDOMAIN, EMPTY, QUERY_SIX,
 ANSWER_SIX) = range(22)
US50, US500, MS1, MS5, MS20, MS80, MS300, S1, S3, S20, S70 = range(2, 13)
SERVER, ERROR, NEW_PORT, BAD_SUM, STAY = 8, 16, 32, 64, 128
# All reports, findings of any confidence.
WISHES = 0xF6


def packet(who, flags, say=NOTHING, time=MS20, ttl=None, seq=0, ack=0, ip_id=1, window=0xF8, n=0,
           step=0):
    if ttl is None:
        ttl = 52 if who & SERVER else 64
    return bytes([who, flags, seq & 255, ack & 255, say, n, time, ttl, ip_id, window, 1, step])


def handshake(talk):
    return (packet(talk, SYN, window=0xFB) + packet(talk | SERVER, SYN | ACK, window=0xFB, ack=0)
            + packet(talk, ACK, time=US50, window=0xF9))


def goodbye(talk):
    return (packet(talk, FIN | ACK) + packet(talk | SERVER, FIN | ACK, time=MS20)
            + packet(talk, ACK, time=US50))


def write(name, *packets, wishes=WISHES, start=0):
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / name).write_bytes(bytes([wishes, start]) + b"".join(packets))


DATA = PSH | ACK
RESET = packet(SERVER | STAY, RST | ACK, time=US500, ttl=99, ip_id=0x7F)
CONTROL = (handshake(2) + packet(2, DATA, HELLO_OTHER) + packet(2 | SERVER, DATA, SERVER_HELLO)
           + packet(2 | SERVER, DATA, FILLER) + goodbye(2))
write("healthy", CONTROL, wishes=0xF7)
write("reset", handshake(0), packet(0, DATA, HELLO), RESET, RESET, RESET,
      packet(SERVER, DATA, SERVER_HELLO), CONTROL)
write("reset-both", handshake(0), packet(0, DATA, HELLO), RESET,
      packet(STAY, RST, time=US500, ttl=99), CONTROL)
write("fin", handshake(1), packet(1, DATA, GET), packet(9, FIN | ACK, time=US500, ttl=99),
      packet(9, DATA, OK))
write("syn-ack", packet(0, SYN), packet(SERVER | STAY, SYN | ACK, time=US500, ttl=99, seq=7, step=9),
      packet(SERVER, SYN | ACK), packet(0, ACK))
write("page", handshake(1), packet(1, DATA, GET),
      packet(9 | STAY, DATA, BLOCKED, time=US500, ttl=99), packet(9, DATA, OK), goodbye(1))
write("redirect", handshake(1), packet(1, DATA, GET), packet(9, DATA | FIN, REDIRECT))
write("alert", handshake(0), packet(0, DATA, HELLO),
      packet(SERVER | STAY, DATA, ALERT, time=US500, ttl=99), packet(SERVER, DATA, SERVER_HELLO))
write("silence", handshake(0), packet(0, DATA | 0, HELLO),
      *(packet(STAY, DATA, HELLO, time=t) for t in (MS300, S1, S3, S20)), CONTROL)
write("no-answer", *(packet(STAY, SYN, time=t) for t in (MS20, S1, S3, S20)), CONTROL)
write("freeze", handshake(0), packet(0, DATA, HELLO), packet(SERVER, DATA, SERVER_HELLO),
      packet(SERVER, ACK, FILLER, time=MS1, step=13),
      *(packet(SERVER | STAY, ACK, FILLER, time=t, seq=-64, step=1) for t in (MS300, S1, S3, S20)))
write("unreachable", packet(0, SYN), packet(ERROR, 3, seq=13, ip_id=9), CONTROL)
write("unreachable-six", packet(3, SYN), packet(3 | ERROR, 1, seq=1, ip_id=9))
write("dns-forged", packet(4, 0, QUERY), packet(12, 0, FORGED, time=MS1, ttl=99),
      packet(12, 0, ANSWER), packet(5, 0, QUERY), packet(13, 0, ANSWER))
write("dns-private", packet(4, 0, QUERY), packet(12, 0, PRIVATE), packet(5, 0, QUERY),
      packet(13, 0, ANSWER))
write("dns-missing", packet(4, 0, QUERY), packet(12, 0, NXDOMAIN), packet(5, 0, QUERY),
      packet(13, 0, ANSWER), packet(4 | NEW_PORT, 0, QUERY_SIX), packet(12, 0, ANSWER_SIX))
write("dns-silence", *(packet(4, 0, QUERY, time=S3) for _ in range(3)), packet(5, 0, QUERY),
      packet(13, 0, ANSWER), packet(4 | NEW_PORT, 0, QUERY_OTHER), packet(12, 0, ANSWER_OTHER))
write("dns-long", packet(4, 0, QUERY), packet(12, 0, ANSWER, time=MS5, step=14),
      packet(4, 0, QUERY_SIX, step=13), packet(12, 0, ANSWER_SIX, time=MS5, step=14))
write("many-resets", handshake(0), packet(0, DATA, HELLO, step=13),
      packet(SERVER | STAY, RST, time=US500, ttl=99, ip_id=3, step=14),
      packet(SERVER | NEW_PORT, RST, step=12))
write("residual", handshake(0), packet(0, DATA, HELLO), RESET,
      *(packet(NEW_PORT, SYN) + RESET for _ in range(3)), CONTROL)
write("conflict", handshake(1), packet(1, DATA, GET), packet(9 | STAY, DATA, OK, time=MS1, ttl=9),
      packet(9, DATA, BLOCKED))
write("inline", handshake(1), packet(1, DATA, INLINE, n=20), b"GET / HTTP/1.0\r\n\r\n..",
      packet(9, DATA, INLINE, n=26), b"HTTP/1.0 451 No\r\n\r\n\x1b[2J\xc2\x9b.", wishes=0xFF)
write("round-trip-of-minus-200-years", packet(0, SYN, window=0xFB),
      packet(SERVER, SYN | ACK, time=MS300, ttl=64, window=0xFB), packet(0, ACK, time=0xFF))
for i, name in enumerate(("epoch", "last", "first"), 1):
    write("time-" + name, handshake(0), packet(0, DATA, HELLO, time=0xFF), RESET,
          packet(SERVER, DATA, SERVER_HELLO, time=0xFF), goodbye(0), start=i)
