# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory with real stacks: namespaces, Debian's programs, and a middlebox on the wire."""

