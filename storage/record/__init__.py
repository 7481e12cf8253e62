"""Every change of the register: one function, one transaction; saved is said after the commit."""

from storage.record.at_once import Done, admit_at_once
from storage.record.change import Actor, Loaded, Saved, admit, standing
from storage.record.corrections import edit
from storage.record.dates import approve, ask_extension, refuse, set_target
from storage.record.endings import accept, ask_no_action, close, dispute, reopen, supersede
from storage.record.hand_over import Load, hand_over, load_of
from storage.record.items import New, add_item, admit_finding
from storage.record.owners import assign, assign_to_post, delegate
from storage.record.posts import pass_on
from storage.record.reports import NewReport, add_report, admit_report, edit_report, record_step
from storage.record.sign_off import (
    Attached,
    ask_sign_off,
    check_evidence,
    check_sign_off,
    send_back,
    sign_off,
    withdraw,
)
from storage.record.silence import snooze
from storage.record.updates import OFF_TRACK_MOST, WORDS_MOST, add_update, wait_on

__all__ = [
    "OFF_TRACK_MOST",
    "WORDS_MOST",
    "Actor",
    "Attached",
    "Done",
    "Load",
    "Loaded",
    "New",
    "NewReport",
    "Saved",
    "accept",
    "add_item",
    "add_report",
    "add_update",
    "admit",
    "admit_at_once",
    "admit_finding",
    "admit_report",
    "approve",
    "ask_extension",
    "ask_no_action",
    "ask_sign_off",
    "assign",
    "assign_to_post",
    "check_evidence",
    "check_sign_off",
    "close",
    "delegate",
    "dispute",
    "edit",
    "edit_report",
    "hand_over",
    "load_of",
    "pass_on",
    "record_step",
    "refuse",
    "reopen",
    "send_back",
    "set_target",
    "sign_off",
    "snooze",
    "standing",
    "supersede",
    "wait_on",
    "withdraw",
]
