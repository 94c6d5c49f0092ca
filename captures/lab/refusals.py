# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stack discards before it looks at anything: RFC 9293, 3.10.7.4, RFC 2385, RFC 7323, RFC 5961."""
from .packets import ACK, MASK, RST, SYN

SIGNATURE = b"\x13\x12" + bytes(16)     # RFC 2385, 3.0


def refuses(c, p):
    """Does a stack discard that? The packet is for connection c. "ack": it answers, too."""
    if p.spoil or p.options.endswith(SIGNATURE):
        return "silently"
    if p.flags & (RST | SYN) or c.state == "closed":
        return ""
    if p.payload and not p.flags & ACK:
        return "silently"
    at = p.options.find(b"\x08\x0a")
    if c.ts and at >= 0 and c.clock and \
            (int.from_bytes(p.options[at + 2:at + 6], "big") - c.clock & MASK) >> 31:
        return "ack"                            # RFC 7323, 5.3
    if p.flags & ACK and (p.ack - c.iss & MASK) >> 31 and c.state == "established":
        return "ack"                            # RFC 5961, 5.2
    return ""

