# SPDX-License-Identifier: GPL-3.0-or-later
"""Random captures with truth, to fit the weights on and to measure calibration."""
