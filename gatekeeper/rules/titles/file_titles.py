"""What people read for the vocabularies of the investor's file: questionnaires, holds, professional applications."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.assessing.conversion import Step
from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.rules.assessing.questionnaire import LowestGround, Topic
from gatekeeper.rules.assessment import Hold
from gatekeeper.rules.errors import N_
from gatekeeper.rules.grading.fair import ReaderClass
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.professional import Evidence, Need
from gatekeeper.rules.risk import Term, Variety

TITLES: Final[Mapping[type[Enum], Mapping[Any, str]]] = {
    Topic: {
        Topic.PERSONAL: N_("About you"),
        Topic.FINANCES: N_("Finances"),
        Topic.KNOWLEDGE: N_("Knowledge"),
        Topic.EXPERIENCE: N_("Experience"),
        Topic.OBJECTIVES: N_("Objectives"),
        Topic.PREFERENCE: N_("Attitude to risk"),
        Topic.LOWEST: N_("Two last questions"),
    },
    ChangedTopic: {
        ChangedTopic.FINANCES: N_("Income, assets or debts"),
        ChangedTopic.WORK: N_("Work or occupation"),
        ChangedTopic.CAPACITY: N_("Legal capacity"),
        ChangedTopic.PREFERENCE: N_("Risk preference or investment objectives"),
        ChangedTopic.CONTACT: N_("Contact details only"),
    },
    LowestGround: {
        LowestGround.NO_CAPACITY: N_("No full capacity for civil acts"),
        LowestGround.NO_LOSS: N_("Not willing to bear any loss"),
        LowestGround.LAW: N_("Another ground set by law"),
    },
    Register: {
        Register.NONE: N_("Whether it may, and nothing else"),
        Register.CLIENT: N_("What the client would read"),
        Register.STAFF: N_("What staff read, the category included"),
    },
    Term: {
        Term.SHORT: N_("Up to 1 year"),
        Term.MEDIUM: N_("Up to 5 years"),
        Term.LONG: N_("More than 5 years"),
    },
    Variety: {
        Variety.FIXED_INCOME: N_("Fixed income"),
        Variety.EQUITY: N_("Equity"),
        Variety.CROSS_BORDER: N_("Hong Kong and foreign securities"),
        Variety.DERIVATIVE: N_("Derivatives"),
        Variety.OTHER: N_("Other varieties"),
    },
    Instrument: {
        Instrument.TREASURY_BOND: N_("Treasury bonds"),
        Instrument.REVERSE_REPO: N_("Reverse repos"),
        Instrument.MONEY_FUND: N_("Money market funds"),
        Instrument.LOCAL_GOVERNMENT_BOND: N_("Local government bonds"),
        Instrument.POLICY_BANK_BOND: N_("Policy bank bonds"),
        Instrument.CREDIT_BOND_AA_PLUS: N_("Credit bonds, AA+ and above"),
        Instrument.A_SHARE: N_("A shares"),
        Instrument.B_SHARE: N_("B shares"),
        Instrument.CREDIT_BOND_AA: N_("Credit bonds, AA"),
        Instrument.CONVERTIBLE_BOND: N_("Convertible bonds"),
        Instrument.COVERED_CALL: N_("Covered calls"),
        Instrument.STOCK_CONNECT: N_("Stock Connect (Hong Kong)"),
        Instrument.STAR_MARKET: N_("STAR Market"),
        Instrument.CHINEXT: N_("ChiNext"),
        Instrument.BEIJING_EXCHANGE: N_("Beijing Stock Exchange"),
        Instrument.RISK_WARNING: N_("Shares under risk warning"),
        Instrument.DELISTING: N_("Shares about to be delisted"),
        Instrument.NEEQ: N_("NEEQ"),
        Instrument.MARGIN_TRADING: N_("Margin trading"),
        Instrument.OPTION: N_("Options"),
        Instrument.STRUCTURED_PRODUCT: N_("Structured products"),
        Instrument.CREDIT_BOND_BELOW_AA: N_("Credit bonds below AA"),
        Instrument.OTC_DERIVATIVE: N_("Derivatives over the counter"),
    },
    ReaderClass: {
        ReaderClass.PROFESSIONAL_A: N_("Professional, class A"),
        ReaderClass.PROFESSIONAL_B: N_("Professional, class B"),
        ReaderClass.PROFESSIONAL_C: N_("Professional, class C"),
        ReaderClass.C5: N_("Ordinary, C5"),
        ReaderClass.C4: N_("Ordinary, C4"),
        ReaderClass.C3: N_("Ordinary, C3"),
        ReaderClass.C2: N_("Ordinary, C2"),
        ReaderClass.C1: N_("Ordinary, C1"),
        ReaderClass.LOWEST: N_("Lowest category"),
    },
    Hold: {
        Hold.CONTRADICTION: N_("Answers that contradict each other"),
        Hold.JUMP: N_("A rise of several categories at once"),
        Hold.LOWEST_LIFTED: N_("The lowest category would be lifted"),
    },
    Need: {
        Need.KIND: N_("Kind of investor"),
        Need.REGISTRATION: N_("Licence or registration"),
        Need.ISSUER: N_("Licence or registration of the issuer"),
        Need.NET_ASSETS: N_("Net assets"),
        Need.FINANCIAL_ASSETS: N_("Financial assets"),
        Need.INCOME: N_("Mean yearly income"),
        Need.EXPERIENCE: N_("Experience of investing"),
        Need.WORK: N_("Work with financial products"),
        Need.SENIOR_MANAGER: N_("Senior manager of a financial institution"),
        Need.QUALIFICATION: N_("Accountant or lawyer in finance"),
    },
    Evidence: {
        Evidence.IDENTITY: N_("Proof of identity or business licence"),
        Evidence.REGISTRATION: N_("Financial licence or proof of registration"),
        Evidence.ISSUER_REGISTRATION: N_("Financial licence or proof of registration of the issuer"),
        Evidence.FINANCIAL_STATEMENTS: N_("Audited financial statements of the latest year"),
        Evidence.ASSET_STATEMENT: N_("Statement of financial assets"),
        Evidence.INCOME_PROOF: N_("Proof of income or tax for each year"),
        Evidence.TRADING_RECORD: N_("Record of trading"),
        Evidence.EMPLOYMENT_PROOF: N_("Proof of employment"),
        Evidence.CERTIFICATE: N_("Professional certificate"),
        Evidence.WRITTEN_APPLICATION: N_("Written application that confirms the own risk"),
    },
    Step: {
        Step.APPLIED: N_("Applied"),
        Step.PROOFS_CHECKED: N_("Proofs checked"),
        Step.KNOWLEDGE_TESTED: N_("Knowledge tested"),
        Step.WARNED: N_("Warning acknowledged"),
        Step.APPROVED: N_("Application approved"),
        Step.REJECTED: N_("Application rejected"),
        Step.NOTIFIED: N_("Outcome told"),
    },
}
