"""What downsampling leaves of an image: asked before a value is saved, and for each frame."""


def downsampled(size: int, factor: int, *, bayer: bool) -> int:
    """Return the length of a side after downsampling, pixels.

    Parameters
    ----------
    size : its length before, pixels.
    factor : pixels on the side of a square that becomes one: 1, 2 or 4.
    bayer : whether the image is raw Bayer, whose pattern is kept: whole pairs of pixels.
    """
    if factor == 1:
        return size
    return 2 * (size // (2 * factor)) if bayer else size // factor


def why_no_pixel(width: int, height: int, factor: int, *, bayer: bool) -> str:
    """Return why downsampling leaves nothing of an image, and what would; empty where it does.

    Parameters
    ----------
    width, height : of the image, pixels.
    factor, bayer : see `downsampled`.
    """
    shorter = min(width, height)
    if downsampled(shorter, factor, bayer=bayer):
        return ""
    largest = next(f for f in (2, 1) if f < factor and downsampled(shorter, f, bayer=bayer))
    image = f"{'a raw Bayer' if bayer else 'an'} image of {width}x{height}"
    return f"{factor} leaves no pixel of {image}; {largest} is the largest that does"
