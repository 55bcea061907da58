#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints the version for meson.build, which may read no file before project(): include/mote/version.hpp states it."""
import pathlib
import re

text = (pathlib.Path(__file__).parent.parent / "include/mote/version.hpp").read_text()
print(".".join(re.findall(r"^#define MOTE_VERSION_\w+ (\d+)", text, re.MULTILINE)))
