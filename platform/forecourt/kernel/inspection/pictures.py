"""Pictures: measured before they are unpacked, freed from everything but the picture, made small.

A picture that lies on its side is turned and packed anew; every other one keeps its pixels exactly
as they are and loses only what is said beside them: where it was taken, with what, by whom.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from forecourt.kernel.images import Broken, strip_picture
from forecourt.kernel.inspection.gifs import strip_gif
from forecourt.kernel.inspection.refusals import Refused

LONGEST_SIDE = 16_384
MOST_PIXELS = 100_000_000
THUMBNAIL_SIDE = 480
_FORMATS = {"jpg": ("JPEG", "MPO"), "png": ("PNG",), "webp": ("WEBP",), "gif": ("GIF",)}
_ORIENTATION = 0x0112
_UPRIGHT = 1
_QUALITY = 92

# Our own bounds are asked first; Pillow's warning would only come on top.
Image.MAX_IMAGE_PIXELS = None
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def measured(path: Path, code: str) -> tuple[int, int]:
    """Width and height as the header says; no pixel is unpacked. Raises Refused."""
    try:
        with Image.open(path, formats=_FORMATS[code]) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Refused("BROKEN") from error
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise Refused("PIXELS")
    return width, height


def cleaned(path: Path, code: str) -> bytes:
    """The picture upright and without a word about where it was taken. Raises Refused."""
    try:
        if code == "gif":
            return strip_gif(path.read_bytes())
        with Image.open(path, formats=_FORMATS[code]) as picture:
            if picture.getexif().get(_ORIENTATION, _UPRIGHT) != _UPRIGHT:
                return _turned(picture, code)
        return strip_picture(path.read_bytes(), largest=LONGEST_SIDE).content
    except (Broken, OSError, ValueError, SyntaxError) as error:
        raise Refused("BROKEN") from error


def _turned(picture: Image.Image, code: str) -> bytes:
    upright = ImageOps.exif_transpose(picture)
    packed = io.BytesIO()
    upright.save(
        packed,
        format=_FORMATS[code][0],
        quality=_QUALITY,
        icc_profile=picture.info.get("icc_profile"),
        exif=b"",
    )
    return packed.getvalue()


def write_thumbnail(path: Path, code: str, place: Path) -> None:
    """A small picture beside the large one. Raises Refused when its pixels cannot be read."""
    try:
        with Image.open(path, formats=_FORMATS[code]) as picture:
            # JPEG can be unpacked small to begin with.
            picture.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))
            small = ImageOps.exif_transpose(picture)
            save_small(small, place)
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused("BROKEN") from error


def save_small(picture: Image.Image, place: Path) -> None:
    """At most ``THUMBNAIL_SIDE`` wide and high, as WebP."""
    if picture.mode not in ("RGB", "RGBA"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    picture.save(place, format="WEBP", quality=80, exif=b"", icc_profile=None)
