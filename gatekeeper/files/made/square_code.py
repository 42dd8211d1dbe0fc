"""A QR code as the path of a drawing: what is printed on paper can be pointed at with a phone instead of being typed."""

from dataclasses import dataclass

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

QUIET = 4
"""The white margin in squares without which readers find nothing."""


@dataclass(frozen=True, slots=True)
class SquareCode:
    """A drawing of ``size`` by ``size`` squares, margin included; ``path`` fills the dark ones."""

    size: int
    path: str


def draw(text: str) -> SquareCode:
    """Draw a text; a sixth of the drawing may be soiled."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    size = code.getModuleCount()
    runs = [f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y in range(size) for x in range(size) if code.isDark(y, x)]
    return SquareCode(size + 2 * QUIET, "".join(runs))
