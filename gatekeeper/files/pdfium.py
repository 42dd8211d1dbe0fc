"""PDFium in this process: one call at a time, and with the font that travels with the product.

PDFium is not safe among threads: two that draw at once end the process within a second. So whoever uses it holds ``LOCK`` from a
document's opening to its closing. Only files come here that a process of their own has read and drawn before (``rendering``).

A report whose Chinese letters are not in the file would be blank on a server without fonts, and look different on each that has
some. ``use_own_font`` points PDFium at ours, on every machine the same; it uses two private names of pypdfium2, and a test draws
such a file.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from pypdfium2 import PdfDocument, _library_scope, raw
from pypdfium2.internal import bases

from gatekeeper.paths import FONTS

LOCK = threading.RLock()
"""Held by whoever uses PDFium."""


@contextmanager
def opened(data: bytes) -> Iterator[PdfDocument]:
    """A document, with PDFium to oneself until it is closed; ``PdfiumError`` where it is none."""
    with LOCK:
        use_own_font()
        document = PdfDocument(data)
        try:
            yield document
        finally:
            document.close()


@cache
def use_own_font() -> tuple[object, ...]:
    """Begin PDFium anew with our folder of fonts and no other. Done once, before any document is open.

    What is returned must live as long as PDFium, which keeps pointers to it.
    """
    with LOCK:
        _library_scope.destroy_lib()
        folder = ctypes.create_string_buffer(bytes(FONTS))
        folders = (ctypes.POINTER(ctypes.c_char) * 2)(ctypes.cast(folder, ctypes.POINTER(ctypes.c_char)))  # a null ends it
        config = raw.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=folders, m_pIsolate=None, m_v8EmbedderSlot=0)
        raw.FPDF_InitLibraryWithConfig(config)
        bases.LIBRARY_AVAILABLE = True
        return folder, folders
