"""Draws one curve as a small SVG picture."""

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 16, 34
"""Pixels of the picture, and of its margins."""

MOST_POINTS = 300


def draw(points: list[tuple[float, float]], across: str, up: str) -> str:
    """Draw a curve; its vertical axis begins at 0.

    Parameters
    ----------
    points : horizontal and vertical values, in order.
    across, up : the axes' units.
    """
    points = points[:: max(1, len(points) // MOST_POINTS)]
    right, top = points[-1][0], 1.2 * max(value for _, value in points)

    def place(x: float, y: float) -> str:
        column = LEFT + x / right * (WIDTH - LEFT - RIGHT)
        row = HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)
        return f"{column:.1f},{row:.1f}"

    line = " ".join(place(x, y) for x, y in points)
    frame = " ".join((place(0, top), place(0, 0), place(right, 0)))
    texts = [
        _text(place(right, 0), 20, f"{right:.0f} {across}", "end"),
        _text(place(0, 0), 20, "0", "start"),
        *(_text(place(0, y), 4, f"{y:.0f}", "end", -6) for y in (0, top / 2)),
        _text(place(0, top), 4, f"{top:.0f} {up}", "end", -6),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="11" fill="none" stroke="#777">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff" stroke="none"/>',
            f'<polyline points="{frame}"/>',
            f'<polyline points="{line}" stroke="#06c" stroke-width="1.5"/>',
            *texts,
            "</svg>\n",
        ]
    )


def _text(at: str, down: int, words: str, anchor: str, aside: int = 0) -> str:
    x, y = map(float, at.split(","))
    return (
        f'<text x="{x + aside:.1f}" y="{y + down:.1f}" text-anchor="{anchor}" '
        f'fill="#333" stroke="none">{words}</text>'
    )
