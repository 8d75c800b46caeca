#!/usr/bin/env python3
"""Draws docs/images/teach.png: a level crossing's barrier, taught with 20 drawn pictures of each state, and frames explained.

usage: draw-gates.py            draws the picture with .build/release/ttame-lite; needs Pillow
       draw-gates.py FOLDER     only draws the 2 x 20 pictures, in FOLDER/open and FOLDER/closed
"""
import os
import random
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw, ImageFilter

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, ".build", "release", "ttame-lite")
SIDE = 320
TILE, GAP = 220, 8


def background(image, r):
    """Sky, ground, trees, houses and a road; returns where the road meets the horizon."""
    draw = ImageDraw.Draw(image)
    horizon = r.randint(120, 170)
    draw.rectangle((0, horizon, SIDE, SIDE), fill=tuple(r.randint(60, 120) + d for d in (10, 14, 0)))
    for _ in range(r.randint(4, 9)):
        x, height, width = r.randint(0, SIDE), r.randint(25, 80), r.randint(20, 60)
        if r.random() < 0.5:
            box = (x - width // 2, horizon - height, x + width // 2, horizon + 8)
            draw.ellipse(box, fill=(r.randint(20, 70), r.randint(70, 120), r.randint(20, 60)))
        else:
            box = (x, horizon - height, x + width, horizon + 3)
            draw.rectangle(box, fill=(r.randint(110, 200), r.randint(80, 140), r.randint(70, 120)))
    x = r.randint(100, 220)
    road = [(x - 12, horizon), (x + 12, horizon), (x + r.randint(90, 150), SIDE), (x - r.randint(90, 150), SIDE)]
    draw.polygon(road, fill=(90, 90, 95))
    return x, horizon


def barrier(image, r, x, y, is_closed):
    draw = ImageDraw.Draw(image)
    length, half = r.randint(130, 165), r.randint(7, 10)
    draw.rectangle((x - 7, y - 52, x + 7, y + 22), fill=(70, 70, 75))
    draw.ellipse((x - 11, y - 62, x + 11, y - 40), fill=(200, 30, 30) if r.random() < 0.5 else (60, 20, 20))
    arm = Image.new("RGBA", (2 * length, 2 * length), (0, 0, 0, 0))
    stripes = 7
    for k in range(stripes):
        box = (length + k * length // stripes, length - half, length + (k + 1) * length // stripes, length + half)
        ImageDraw.Draw(arm).rectangle(box, fill=(245, 245, 240, 255) if k % 2 else (225, 40, 40, 255))
    arm = arm.rotate(r.uniform(-3, 3) if is_closed else r.uniform(66, 84), resample=Image.BICUBIC)
    image.paste(arm, (x - length, y - 36 - length), arm)


def car(image, r, x, y):
    draw = ImageDraw.Draw(image)
    color = tuple(r.randint(40, 230) for _ in range(3))
    draw.rounded_rectangle((x - 34, y - 16, x + 34, y + 12), 6, fill=color)
    draw.rectangle((x - 20, y - 30, x + 18, y - 14), fill=color)
    for wheel in (x - 18, x + 18):
        draw.ellipse((wheel - 8, y + 4, wheel + 8, y + 20), fill=(20, 20, 20))


def picture(is_closed, seed):
    """Every seed is another place at another hour."""
    r = random.Random(seed)
    image = Image.new("RGB", (SIDE, SIDE), tuple(r.randint(110, 200) + d for d in (0, 15, 40)))
    road, horizon = background(image, r)
    x, y = road - r.randint(55, 80), horizon + r.randint(55, 90)
    barrier(image, r, x, y, is_closed)
    if r.random() < 0.35:
        car(image, r, road + r.randint(-50, 50), y + r.randint(25, 60))
    image = image.filter(ImageFilter.GaussianBlur(r.uniform(0.3, 1.0)))
    light = r.uniform(0.55, 1.15)
    noise = random.Random(seed + 1)
    pixels = image.load()
    for v in range(SIDE):
        for u in range(SIDE):
            pixels[u, v] = tuple(max(0, min(255, int(c * light) + noise.randint(-9, 9))) for c in pixels[u, v])
    return image


def draw_folders(folder, count, first):
    for state in ("open", "closed"):
        os.makedirs(os.path.join(folder, state), exist_ok=True)
        for i in range(count):
            seed = first + i + (1000 if state == "closed" else 0)
            picture(state == "closed", seed).save(os.path.join(folder, state, "%03d.jpg" % i), quality=90)


def main():
    if len(sys.argv) > 1:
        return draw_folders(sys.argv[1], 20, 0)
    with tempfile.TemporaryDirectory() as folder:
        photos, frames = os.path.join(folder, "photos"), os.path.join(folder, "frames")
        model, explained = os.path.join(folder, "gate.safetensors"), os.path.join(folder, "explained")
        draw_folders(photos, 20, 0)
        draw_folders(frames, 5, 500)
        subprocess.run([PROGRAM, "teach", photos, "-o", model], check=True)
        subprocess.run([PROGRAM, "explain", "--model", model, "-q", "--tree", "-o", explained, frames], check=True)
        chosen = ["open/000", "open/002", "open/003", "closed/000", "closed/002", "closed/003"]
        strip = Image.new("RGB", (len(chosen) * (TILE + GAP) - GAP, 2 * TILE + GAP), "white")
        for i, name in enumerate(chosen):
            for row, path in enumerate((os.path.join(frames, name + ".jpg"), os.path.join(explained, name + ".png"))):
                tile = Image.open(path).convert("RGB").resize((TILE, TILE))
                strip.paste(tile, (i * (TILE + GAP), row * (TILE + GAP)))
        strip.quantize(256).save(os.path.join(ROOT, "docs", "images", "teach.png"), optimize=True)


if __name__ == "__main__":
    main()
