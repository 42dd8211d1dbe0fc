"""What kinds of instruments a report covers: the vocabulary, and reading them from its text as a proposal.

A person confirms them with the grade. A word counts in title or kind, or where the report's own text says it again and again;
what is only mentioned is not covered. Names are kept for good: they are only ever added.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

_AGAIN = 3


class Instrument(StrEnum):
    """A kind of instrument, in the order of the usual catalogues, from low risk to high."""

    TREASURY_BOND = "TREASURY_BOND"
    REVERSE_REPO = "REVERSE_REPO"
    MONEY_FUND = "MONEY_FUND"
    LOCAL_GOVERNMENT_BOND = "LOCAL_GOVERNMENT_BOND"
    POLICY_BANK_BOND = "POLICY_BANK_BOND"
    CREDIT_BOND_AA_PLUS = "CREDIT_BOND_AA_PLUS"
    A_SHARE = "A_SHARE"
    B_SHARE = "B_SHARE"
    CREDIT_BOND_AA = "CREDIT_BOND_AA"
    CONVERTIBLE_BOND = "CONVERTIBLE_BOND"
    COVERED_CALL = "COVERED_CALL"
    STOCK_CONNECT = "STOCK_CONNECT"
    STAR_MARKET = "STAR_MARKET"
    CHINEXT = "CHINEXT"
    BEIJING_EXCHANGE = "BEIJING_EXCHANGE"
    RISK_WARNING = "RISK_WARNING"
    DELISTING = "DELISTING"
    NEEQ = "NEEQ"
    MARGIN_TRADING = "MARGIN_TRADING"
    OPTION = "OPTION"
    STRUCTURED_PRODUCT = "STRUCTURED_PRODUCT"
    CREDIT_BOND_BELOW_AA = "CREDIT_BOND_BELOW_AA"
    OTC_DERIVATIVE = "OTC_DERIVATIVE"


_BOND = r"(?:信用债|公司债|企业债|城投债|中票|短融)"
_WORDS = {
    Instrument.TREASURY_BOND: r"国债(?!期货|逆回购)|treasur(?:y|ies)\b",
    Instrument.REVERSE_REPO: r"逆回购|reverse repos?\b",
    Instrument.MONEY_FUND: r"货币(?:市场|型)?基金|money market funds?\b",
    Instrument.LOCAL_GOVERNMENT_BOND: r"地方(?:政府)?债|专项债",
    Instrument.POLICY_BANK_BOND: r"政策性金融债|政金债|国开债",
    Instrument.CREDIT_BOND_AA_PLUS: rf"高等级信用|(?:AAA|AA\+)级?(?:及以上)?(?:的)?{_BOND}",
    Instrument.A_SHARE: r"A股|沪深两市|沪深主板|行业点评|公司点评|A-shares?\b",
    Instrument.B_SHARE: r"B股|B-shares?\b",
    Instrument.CREDIT_BOND_AA: rf"(?<![A+])AA级?(?:的)?{_BOND}",
    Instrument.CONVERTIBLE_BOND: r"转债|可转换公司债|可交换债|convertible bonds?\b",
    Instrument.COVERED_CALL: r"备兑开仓|备兑策略|covered calls?\b",
    Instrument.STOCK_CONNECT: r"港股通|沪港通|深港通|Stock Connect",
    Instrument.STAR_MARKET: r"科创板|STAR Market|\b68[89]\d{3}\.SH",
    Instrument.CHINEXT: r"创业板|ChiNext|\b30[01]\d{3}\.SZ",
    Instrument.BEIJING_EXCHANGE: r"北交所|北京证券交易所|Beijing Stock Exchange|\b(?:4|8|9)\d{5}\.BJ",
    Instrument.RISK_WARNING: r"风险警示(?:板|股)|\*ST",
    Instrument.DELISTING: r"退市整理",
    Instrument.NEEQ: r"新三板|全国股转",
    Instrument.MARGIN_TRADING: r"融资融券(?:业务|交易|策略)|margin trading",
    Instrument.OPTION: r"(?:股票|股指|个股|场内|商品|ETF)期权|期权(?:策略|合约|交易|买入|卖出|保证金)",
    Instrument.STRUCTURED_PRODUCT: r"结构(?:化|性)产品|收益凭证|structured (?:notes?|products?)\b",
    Instrument.CREDIT_BOND_BELOW_AA: rf"高收益债|垃圾债|AA-级?(?:及以下)?(?:的)?{_BOND}|high[- ]yield bonds?\b",
    Instrument.OTC_DERIVATIVE: r"场外衍生品|场外期权|收益互换|雪球|autocall",
}
_PATTERNS = {instrument: re.compile(words, re.IGNORECASE) for instrument, words in _WORDS.items()}


def read_instruments(names: Iterable[str | None], body: str) -> dict[Instrument, tuple[str, ...]]:
    """What title, subtitle and kind name, or the text again and again; each with the printed words it was read from."""
    title, body = (unicodedata.normalize("NFKC", text) for text in (" ".join(filter(None, names)), body))
    found = {}
    for instrument, pattern in _PATTERNS.items():
        words, again = pattern.findall(title), pattern.findall(body)
        if words or len(again) >= _AGAIN:
            found[instrument] = tuple(dict.fromkeys(words or again))
    return found
