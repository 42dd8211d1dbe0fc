"""What people read for the vocabularies of the investor's file: questionnaires, holds, professional applications."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from gatekeeper.rules.assessing.conversion import Step
from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.rules.assessing.questionnaire import LowestGround, Topic
from gatekeeper.rules.assessment import Hold
from gatekeeper.rules.errors import N_
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
