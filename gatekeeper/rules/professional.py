"""Who is a professional investor, and on which ground (Measures, Arts. 8 and 11)."""

from collections.abc import Mapping
from typing import Final

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import InvestorClass

GROUNDS: Final[Mapping[InvestorClass, Mapping[str, str]]] = {
    InvestorClass.PROFESSIONAL_A: {
        "第八条（一）": N_("Art. 8 (1): licensed or registered financial institution"),
        "第八条（二）": N_("Art. 8 (2): product issued by such an institution"),
        "第八条（三）": N_("Art. 8 (3): social security, pension or charitable fund, QFII, RQFII"),
    },
    InvestorClass.PROFESSIONAL_B: {
        "第八条（四）": N_("Art. 8 (4): legal person or organisation with the assets and the experience"),
        "第八条（五）": N_("Art. 8 (5): individual with the assets and the experience"),
    },
    InvestorClass.PROFESSIONAL_C: {
        "第十一条": N_("Art. 11: ordinary investor converted on application"),
    },
}
"""Each class's articles as they are kept on file, with what they say."""
