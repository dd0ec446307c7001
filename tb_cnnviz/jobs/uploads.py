"""Pictures that come with a request: bounded before anything decodes them."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Final

from PIL import Image

from cnnviz.errors import ParamsError

__all__ = ["MAX_BYTES", "MAX_COUNT", "MAX_PIXELS", "check_picture", "decode_base64"]

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MAX_COUNT: Final = 8
MAX_BYTES: Final = 8 << 20
MAX_PIXELS: Final = 40_000_000


def decode_base64(text: str, index: int) -> bytes:
    """Give the bytes of an uploaded picture.

    Raises:
        ParamsError: too long, or no base64.
    """
    if len(text) > (MAX_BYTES + 2) // 3 * 4 + 4:
        message = f"picture {index} has more than {MAX_BYTES >> 20} MiB: make it smaller"
        raise ParamsError(message, field="inputs")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        message = f"picture {index} is no base64 text of a PNG, JPEG or WebP file"
        raise ParamsError(message, field="inputs") from None


def check_picture(data: bytes, index: int) -> bytes:
    """Look at a picture's header alone; the worker looks again before it decodes.

    Raises:
        ParamsError: another format, too many bytes or pixels.
    """
    if len(data) > MAX_BYTES:
        message = f"picture {index} has {len(data)} bytes; at most {MAX_BYTES >> 20} MiB are taken"
        raise ParamsError(message, field="inputs")
    try:
        pixels = _webp_pixels(data)  # Pillow makes room for a WebP's canvas when it opens it
        if pixels <= MAX_PIXELS:
            with Image.open(io.BytesIO(data), formats=FORMATS) as file:
                pixels = file.width * file.height
    except Image.DecompressionBombError:
        pixels = MAX_PIXELS + 1
    except Exception:  # noqa: BLE001 - what Pillow's parsers raise over hostile bytes is not listed
        message = f"picture {index} is no PNG, JPEG or WebP file that can be read"
        raise ParamsError(message, field="inputs") from None
    if pixels > MAX_PIXELS or pixels == 0:
        message = f"picture {index} has too many pixels; at most {MAX_PIXELS} are taken"
        raise ParamsError(message, field="inputs")
    return data


def _webp_pixels(data: bytes) -> int:
    """Read the size of a WebP from its first chunk; 0 for any other file."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return 0
    chunk, head = data[12:16], data[20:30]
    if chunk == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (4, 7))
    elif chunk == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width * height
