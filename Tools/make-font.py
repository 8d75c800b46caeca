#!/usr/bin/env python3
"""Writes the outlines of captions, a subset of DejaVu Sans, as a Swift file.

    pip install fonttools
    Tools/make-font.py /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf > Sources/Explain/Drawing/OutlineTable.swift

A line is a glyph: its code in hexadecimal, or - for a part of others; its advance; its parts, `GLYPH,X,Y` with GLYPH counted
from 0; and its contours. A contour is the number of its points and the points, in base64 VLQ (as in source maps): twice the
step in x, plus 1 for a point on the curve, then the step in y. Each contour begins at the origin of the glyph.
"""
import sys

from fontTools.ttLib import TTFont

UNITS = 1024
RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x192, 0x192), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x1CD, 0x1DC), (0x1E6, 0x1E7),
    (0x218, 0x21B), (0x386, 0x386), (0x388, 0x3CE), (0x400, 0x45F), (0x490, 0x493), (0x496, 0x497), (0x49A, 0x49D),
    (0x4A2, 0x4A3), (0x4AE, 0x4B3), (0x4B6, 0x4B9), (0x4BA, 0x4BB), (0x4D8, 0x4D9), (0x4E2, 0x4E3), (0x4E8, 0x4E9),
    (0x4EE, 0x4EF), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022),
    (0x2026, 0x2026), (0x2030, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A), (0x20AC, 0x20AC), (0x2116, 0x2116),
    (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212), (0x2248, 0x2248), (0x2264, 0x2265),
]
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

font = TTFont(sys.argv[1])
codes = font.getBestCmap()
glyphs = font["glyf"]
factor = UNITS / font["head"].unitsPerEm


def scaled(value):
    return int(value * factor // 1) if value * factor % 1 < 0.5 else int(value * factor // 1) + 1


def vlq(number):
    number = -number << 1 | 1 if number < 0 else number << 1
    text = ""
    while True:
        number, digit = number >> 5, number & 31
        text += DIGITS[digit | (32 if number else 0)]
        if not number:
            return text


def contours(name):
    points, ends, flags = glyphs[name].getCoordinates(glyphs)
    text, first = "", 0
    for end in ends:
        if end - first < 2:  # an anchor, not an outline
            first = end + 1
            continue
        text += vlq(end + 1 - first)
        x = y = 0
        for (px, py), flag in list(zip(points, flags))[first:end + 1]:
            px, py = scaled(px), scaled(py)
            text += vlq(2 * (px - x) + (flag & 1)) + vlq(py - y)
            x, y = px, py
        first = end + 1
    return text


order, lines = {}, {}


def add(name, code=None):
    """Lays a glyph down behind its parts; its place in the table."""
    if name in order and code is None:
        return order[name]
    glyph = glyphs[name]
    parts, outline = [], ""
    if glyph.isComposite() and all(not hasattr(c, "transform") and hasattr(c, "x") for c in glyph.components):
        parts = [(add(c.glyphName), scaled(c.x), scaled(c.y)) for c in glyph.components]
    elif glyph.numberOfContours:
        outline = contours(name)
    order[name] = len(lines)
    lines[order[name]] = " ".join(
        ["%X" % code if code is not None else "-", str(scaled(font["hmtx"][name][0]))]
        + [",".join(map(str, part)) for part in parts] + ([outline] if outline else []))
    return order[name]


wanted = {code: codes[code] for low, high in RANGES for code in range(low, high + 1) if code in codes}
for code, name in wanted.items():
    if name in order:  # two codes, one glyph
        lines[len(lines)] = f"{code:X} {scaled(font['hmtx'][name][0])} {order[name]},0,0"
    else:
        add(name, code)

print(f"""// Made by Tools/make-font.py. Do not edit.
// swift-format-ignore-file

/// The outlines of captions: a subset of DejaVu Sans, on a grid of {UNITS} units an em (see NOTICE).
let outlineTable: StaticString = \"\"\"""")
for index in range(len(lines)):
    print(lines[index])
print('"""')
