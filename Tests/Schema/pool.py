# SPDX-License-Identifier: Apache-2.0
"""The registers that are there for as long as a run takes, one of each type."""

TYPES = [
    *(f"{sign}{bits}" for sign in "ui" for bits in (8, 16, 32, 64, 128)),
    *(f"bytes{count}" for count in (1, 2, 4, 8, 16)), "f32", "f64"]
POOL = [f"pool.{name}" for name in TYPES]
