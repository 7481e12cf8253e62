"""Every change of the register: one function, one transaction; saved is said after the commit."""

from storage.record.change import Actor, Loaded, Saved, admit, standing
from storage.record.dates import approve, ask_extension, refuse, set_target
from storage.record.endings import accept, ask_no_action, close, dispute, reopen, supersede
from storage.record.owners import assign, delegate
from storage.record.sign_off import Attached, ask_sign_off, check_evidence, send_back, sign_off, withdraw
from storage.record.updates import OFF_TRACK_MOST, WORDS_MOST, add_update, wait_on

__all__ = [
    "OFF_TRACK_MOST",
    "WORDS_MOST",
    "Actor",
    "Attached",
    "Loaded",
    "Saved",
    "accept",
    "add_update",
    "admit",
    "approve",
    "ask_extension",
    "ask_no_action",
    "ask_sign_off",
    "assign",
    "check_evidence",
    "close",
    "delegate",
    "dispute",
    "refuse",
    "reopen",
    "send_back",
    "set_target",
    "sign_off",
    "standing",
    "supersede",
    "wait_on",
    "withdraw",
]
