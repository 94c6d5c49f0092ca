# SPDX-License-Identifier: GPL-3.0-or-later
"""A small network laboratory: hosts, a path, a middlebox and a tap, packet by packet."""
