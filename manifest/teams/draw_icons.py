"""Draws the two icons of the Teams app, a lighthouse whose lamp is lit: `python manifest/teams/draw_icons.py`."""

import math
import struct
import zlib
from pathlib import Path

Point = tuple[float, float]
Colour = tuple[int, int, int, float]  # red, green, blue, and how much of it covers what lies beneath
HERE = Path(__file__).parent
FINE = 8  # lines that are looked at in each row of pixels
SEA: Colour = (15, 58, 67, 1.0)
WHITE: Colour = (255, 255, 255, 1.0)
LIGHT: Colour = (255, 196, 61, 1.0)
BEAM: Colour = (255, 196, 61, 0.42)

# on a field of 32 by 32, y downwards
ROOF: list[Point] = [(16.0, 4.0), (19.6, 8.0), (12.4, 8.0)]
LAMP: list[Point] = [(13.4, 8.8), (18.6, 8.8), (18.6, 12.4), (13.4, 12.4)]
GALLERY: list[Point] = [(11.6, 13.2), (20.4, 13.2), (20.4, 14.8), (11.6, 14.8)]
GROUND: list[Point] = [(8.2, 26.4), (23.8, 26.4), (23.8, 28.0), (8.2, 28.0)]
BEAMS: list[list[Point]] = [
    [(12.4, 10.0), (3.0, 6.4), (3.0, 14.8), (12.4, 11.2)],
    [(19.6, 10.0), (29.0, 6.4), (29.0, 14.8), (19.6, 11.2)],
]


def tower(top: float, bottom: float) -> list[Point]:
    """A slice of the tower, which widens towards its foot."""

    def half(y: float) -> float:
        return 3.0 + (y - 15.6) * 0.2

    return [(16 - half(top), top), (16 + half(top), top), (16 + half(bottom), bottom), (16 - half(bottom), bottom)]


def colour_icon() -> bytes:
    """192 by 192 pixels, opaque to its edges: Teams rounds the corners."""
    square: list[Point] = [(0, 0), (32, 0), (32, 32), (0, 32)]
    slices = [tower(15.6, 18.4), tower(19.4, 22.2), tower(23.2, 25.6)]
    shapes = [(square, SEA), *((b, BEAM) for b in BEAMS), (LAMP, LIGHT)]
    shapes += [(s, WHITE) for s in (ROOF, GALLERY, *slices, GROUND)]
    return png(192, drawn(192, [([inwards(p, 0.84) for p in points], c) for points, c in shapes[1:]], SEA))


def outline_icon() -> bytes:
    """32 by 32 pixels, white on nothing, as Teams asks for."""
    slices = [tower(15.6, 20.0), tower(21.2, 25.4)]
    thin: list[list[Point]] = [
        [(11.6, 9.8), (5.0, 7.2), (5.0, 8.8), (11.6, 11.2)],
        [(20.4, 9.8), (27.0, 7.2), (27.0, 8.8), (20.4, 11.2)],
        [(11.6, 11.6), (5.0, 13.2), (5.0, 14.8), (11.6, 12.8)],
        [(20.4, 11.6), (27.0, 13.2), (27.0, 14.8), (20.4, 12.8)],
    ]
    glass: list[list[Point]] = [
        [(13.0, 8.6), (14.2, 8.6), (14.2, 12.6), (13.0, 12.6)],
        [(17.8, 8.6), (19.0, 8.6), (19.0, 12.6), (17.8, 12.6)],
        [(15.2, 9.4), (16.8, 9.4), (16.8, 11.8), (15.2, 11.8)],
    ]
    shapes = [ROOF, *glass, GALLERY, *slices, GROUND, *thin]
    return png(32, drawn(32, [(s, WHITE) for s in shapes], (255, 255, 255, 0.0)))


def inwards(point: Point, part: float) -> Point:
    """Nearer to the middle of the field, so that there is room about the picture."""
    return 16 + (point[0] - 16) * part, 16 + (point[1] - 16) * part


def drawn(size: int, shapes: list[tuple[list[Point], Colour]], ground: Colour) -> list[list[Colour]]:
    """The shapes one over the other, on a ground."""
    picture = [[ground] * size for _ in range(size)]
    for points, colour in shapes:
        scaled = [(x * size / 32, y * size / 32) for x, y in points]
        for y, row in enumerate(covered(scaled, size)):
            picture[y] = [over(colour, part, under) for part, under in zip(row, picture[y], strict=True)]
    return picture


def covered(points: list[Point], size: int) -> list[list[float]]:
    """How much of each pixel lies within the points."""
    rows = [[0.0] * size for _ in range(size)]
    for line in range(size * FINE):
        y = (line + 0.5) / FINE
        edges = zip(points, [*points[1:], points[0]], strict=True)
        met = sorted(x + (y - t) * (u - x) / (v - t) for (x, t), (u, v) in edges if (t <= y) != (v <= y))
        for left, right in zip(met[::2], met[1::2], strict=True):
            for x in range(max(0, math.floor(left)), min(size, math.ceil(right))):
                rows[line // FINE][x] += (min(right, x + 1) - max(left, x)) / FINE
    return rows


def over(colour: Colour, part: float, under: Colour) -> Colour:
    """A colour that covers a part of a pixel, over what was there."""
    top = min(1.0, part) * colour[3]
    whole = top + under[3] * (1 - top)
    if not top:
        return under
    mixed = [round((colour[i] * top + under[i] * under[3] * (1 - top)) / whole) for i in range(3)]
    return mixed[0], mixed[1], mixed[2], whole


def png(size: int, picture: list[list[Colour]]) -> bytes:
    """A PNG of eight bits a channel, with transparency."""
    lines = b"".join(b"\0" + bytes(v for r, g, b, a in row for v in (r, g, b, round(a * 255))) for row in picture)
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


if __name__ == "__main__":
    (HERE / "color.png").write_bytes(colour_icon())
    (HERE / "outline.png").write_bytes(outline_icon())
