"""Pictures made to hurt who decodes them, sent to the server and put before the worker."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import psutil
from PIL import Image, PngImagePlugin

from cnnviz.contract.jobs import input_name
from tests.worker.conftest import make_job


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes, depth: int = 8, pixels: bytes = b"") -> bytes:
    """A PNG whose header says what it likes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0))
    data = chunk(b"IDAT", pixels or zlib.compress(bytes(64), 9))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + data + chunk(b"IEND", b"")


def encoded(kind: str, size: tuple[int, int] = (8, 8), **how: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, kind, **how)
    return buffer.getvalue()


def bomb(megabytes: int) -> bytes:
    """Zeros that take a thousandth of their room."""
    return zlib.compress(bytes(megabytes << 20), 9)


def jpeg_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded("JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def animated(kind: str) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (n, 0, 0)) for n in range(50)]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


REFUSED = {
    "a PNG of 2³¹ pixels a side": png(2**31 - 1, 2**31 - 1),
    "a PNG of 40 megapixels and one row": png(8000, 5001),
    "a PNG without pixels": png(0, 0),
    "a PNG of one endless row": png(2**31 - 1, 1),
    "a PNG whose text unpacks to 200 MiB": png(
        8, 8, chunk(b"zTXt", b"k\0\0" + bomb(200)), chunk(b"iTXt", b"k\0\1\0\0\0" + bomb(200))
    ),
    "a PNG whose profile unpacks to 200 MiB": png(8, 8, chunk(b"iCCP", b"p\0\0" + bomb(200))),
    "a JPEG that claims 65535 a side": jpeg_claiming(65535, 65535),
    "a JPEG that claims no height": jpeg_claiming(8, 0),
    "a GIF": encoded("GIF"),
    "an animated GIF called a picture": animated("GIF"),
    "a TIFF": encoded("TIFF"),
    "a BMP": encoded("BMP"),
    "a PDF": encoded("PDF"),
    "an EPS that calls a shell": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id)run",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "an SVG after a PNG's first bytes": b"\x89PNG\r\n\x1a\n<svg onload='alert(1)'/>",
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
    "a zip": b"PK\x03\x04" + bytes(100),
    "an XBM": b"#define a_width 99999\n#define a_height 99999\n",
    "nothing": b"",
}

HARMLESS_OR_NOT_READABLE = {
    "an animated PNG": animated("PNG"),
    "an animated WebP": animated("WEBP"),
    "a JPEG turned by its EXIF": encoded("JPEG", (16, 8), exif=exif(6)),
    "a JPEG with an orientation that is none": encoded("JPEG", exif=exif(99)),
    "a JPEG whose EXIF is noise": encoded("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" * 99),
    "a JPEG with a lying size": jpeg_claiming(4000, 4000),
    "a PNG with too little in it": png(3000, 3000),
    "a PNG with too much in it": png(8, 8, pixels=bomb(300)),
    "a PNG cut in half": cut(encoded("PNG", (64, 64)), 0.5),
    "a JPEG cut in half": cut(encoded("JPEG", (64, 64)), 0.5),
    "a WebP cut in half": cut(encoded("WEBP", (64, 64)), 0.5),
    "a PNG of one pixel": encoded("PNG", (1, 1)),
    "a PNG of one row": encoded("PNG", (20_000, 1)),
    "a PNG with bytes behind it": encoded("PNG") + b"<script>alert(1)</script>" * 999,
    "a PNG with a comment of escapes": encoded("PNG", pnginfo=PngImagePlugin.PngInfo()),
}


def sent(data: bytes) -> dict[str, str]:
    return {"data": base64.b64encode(data).decode()}


def peak_of(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


def test_what_is_no_picture_or_too_large_is_refused_before_it_is_decoded(fortress):
    before = fortress.json("jobs")["order"]
    memory = psutil.Process().memory_info().rss
    for name, data in REFUSED.items():
        body = {"run": "first", "method": "saliency", "step": 3, "inputs": [sent(data)]}
        status, answer = fortress.post("jobs", body)
        assert (status, answer["error"].get("field")) == (400, "inputs"), (name, answer)
    assert fortress.json("jobs")["order"] == before
    assert psutil.Process().memory_info().rss - memory < 150 << 20


def test_what_only_decoding_shows_ends_one_job_at_most(fortress):
    pid = fortress.pid()
    for name, data in HARMLESS_OR_NOT_READABLE.items():
        status = fortress.attempt("first", params={"target": 0}, inputs=[sent(data)])
        assert status["state"] in {"done", "failed", "refused"}, (name, status)
        if status["state"] == "failed":
            assert (status["kind"], status["message"][:7]) == ("ParamsError", "picture"), name
    assert fortress.pid() == pid


def test_a_hostile_picture_in_a_copied_job_is_refused_by_the_worker_too(fortress):
    """It was never looked at by this server: it lies in the logdir."""
    pid, memory = fortress.pid(), peak_of(fortress.pid())
    for name, data in REFUSED.items():
        job = make_job(fortress.logdir, "saliency", pictures=[encoded("PNG")], target=0)
        (job.folder / input_name(0)).write_bytes(data)
        fortress.office.book.asked.add(job.folder)  # as if the user had asked for it
        fortress.office._next_look = float("-inf")
        fortress.json("jobs")
        status = fortress.until(job.id)
        assert (status["state"], status["kind"]) == ("failed", "ParamsError"), (name, status)
        given = fortress.get(f"jobs/{job.id}/input", index=0)
        assert given.status_code in (200, 404, 422), name
        if given.status_code == 200:
            assert given.content_type in {"image/png", "image/jpeg", "image/webp"}, name
            assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert fortress.pid() == pid
    assert peak_of(pid) - memory < 300 << 20
