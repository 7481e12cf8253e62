"""What each error code that Slack documents means for us: one table, method by method, with the sentence to say.

The codes are those of https://docs.slack.dev/reference/methods and of the page of each method, as of November 2026.
"""

from collections.abc import Mapping
from typing import NamedTuple

from handlers.carrier import GIVE_UP, LATER, PARK, STOP, UNKNOWN


class Decision(NamedTuple):
    """What to do about a refusal, and what to say of it; `{place}` and `{error}` stand for themselves."""

    kind: str
    sentence: str


_TOKEN = Decision(STOP, "Slack no longer takes the token ({error}). Reinstall the app and copy its token again.")
_WAIT = Decision(LATER, "Slack asks to wait.")
_FAULT = Decision(UNKNOWN, "Slack answered with a fault of its own ({error}).")
_OURS = Decision(PARK, "Slack does not take the call as we made it ({error}); that is a fault of Lightkeeper's.")
_SCOPE = Decision(PARK, "The Slack app lacks a permission it needs. Reinstall it from manifest.yml.")
_ADMIN = Decision(PARK, "The workspace does not allow that ({error}). Ask its administrator.")
_POST = Decision(PARK, "The workspace does not let Lightkeeper post in {place}. Ask its administrator.")
_AWAY = Decision(PARK, "The channel {place} is not there, or Lightkeeper is not in it. Invite it there.")
_NOT_IN = Decision(PARK, "Lightkeeper is not in the channel {place}. Invite it there.")
_ARCHIVED = Decision(PARK, "The channel {place} is archived. Say digest here, or digest add, for another.")
_PERSON = Decision(GIVE_UP, "Slack does not show that person ({error}).")
_TOO_LATE = Decision(GIVE_UP, "Slack did not open the form in time.")
_GONE = Decision(GIVE_UP, "The message is not there any more, or is not ours to delete ({error}).")
_FIXED = Decision(GIVE_UP, "The message is not there any more, or cannot be changed ({error}).")
_FILES = Decision(PARK, "The workspace does not take the file ({error}). Ask its administrator.")
_NO_FILE = Decision(PARK, "Slack did not keep the file ({error}). Please try again.")
# also the answer to the same call again, when the reply to the first was lost
_FILE_DONE = Decision(UNKNOWN, "Slack did not say that the file arrived ({error}).")
_SHUT = Decision(GIVE_UP, "The form is not open any more.")
_ELSEWHERE = Decision(GIVE_UP, "The answer's address is used up or too old ({error}); it goes as a new message.")

COMMON: Mapping[str, Decision] = {
    "access_denied": _ADMIN,
    "accesslimited": _ADMIN,
    "account_inactive": _TOKEN,
    "deprecated_endpoint": _OURS,
    "ekm_access_denied": _ADMIN,
    "enterprise_is_restricted": _ADMIN,
    "fatal_error": _FAULT,
    "internal_error": _FAULT,
    "invalid_arg_name": _OURS,
    "invalid_arguments": _OURS,
    "invalid_array_arg": _OURS,
    "invalid_auth": _TOKEN,
    "invalid_charset": _OURS,
    "invalid_form_data": _OURS,
    "invalid_post_type": _OURS,
    "is_bot": _ADMIN,
    "method_deprecated": _OURS,
    "missing_post_type": _OURS,
    "missing_scope": _SCOPE,
    "no_permission": _ADMIN,
    "not_allowed_token_type": _TOKEN,
    "not_authed": _TOKEN,
    "org_login_required": _WAIT,
    "ratelimited": _WAIT,
    "rate_limited": _WAIT,
    "request_timeout": _FAULT,
    "service_unavailable": _WAIT,
    "team_access_not_granted": _ADMIN,
    "team_added_to_org": _WAIT,
    "token_expired": _TOKEN,
    "token_revoked": _TOKEN,
    "two_factor_setup_required": _ADMIN,
}
_POSTING: Mapping[str, Decision] = {
    "cannot_reply_to_message": _OURS,
    "channel_not_found": _AWAY,
    "invalid_blocks": _OURS,
    "invalid_blocks_format": _OURS,
    "is_archived": _ARCHIVED,
    "markdown_text_conflict": _OURS,
    "message_limit_exceeded": _WAIT,
    "messages_tab_disabled": Decision(PARK, "The app's Messages tab is off. Reinstall the app from manifest.yml."),
    "msg_too_long": _OURS,
    "no_text": _OURS,
    "not_in_channel": _NOT_IN,
    "restricted_action": _POST,
    "too_many_attachments": _OURS,
}
# of messages, in a channel or in a thread
_LISTING: Mapping[str, Decision] = {
    "channel_not_found": _AWAY,
    "invalid_cursor": _OURS,
    "invalid_metadata_filter_keys": _OURS,
    "invalid_ts_latest": _OURS,
    "invalid_ts_oldest": _OURS,
    "not_in_channel": _NOT_IN,
}
OWN: Mapping[str, Mapping[str, Decision]] = {
    "auth.test": {},
    "apps.connections.open": {
        "forbidden_team": _ADMIN,
        "insecure_request": _OURS,
        "missing_args": _OURS,
    },
    "chat.postMessage": {
        **_POSTING,
        "as_user_not_supported": _OURS,
        "attachment_payload_limit_exceeded": _OURS,
        "duplicate_channel_not_found": _OURS,
        "duplicate_message_not_found": _OURS,
        "invalid_metadata_format": _OURS,
        "invalid_metadata_schema": _OURS,
        "metadata_must_be_sent_from_app": _OURS,
        "metadata_too_large": _OURS,
        "missing_file_data": _OURS,
        "msg_blocks_too_long": _OURS,
        "restricted_action_non_threadable_channel": _POST,
        "restricted_action_read_only_channel": _POST,
        "restricted_action_thread_locked": _POST,
        "restricted_action_thread_only_channel": _POST,
        "slack_connect_canvas_sharing_blocked": _ADMIN,
        "slack_connect_file_link_sharing_blocked": _ADMIN,
        "slack_connect_lists_sharing_blocked": _ADMIN,
        "team_not_found": _OURS,
        "too_many_contact_cards": _OURS,
    },
    "chat.postEphemeral": {
        **_POSTING,
        "invalid_attachments": _OURS,
        "user_not_in_channel": Decision(
            GIVE_UP, "The person is not in the channel {place}, so no answer can go there."
        ),
    },
    "chat.delete": {
        "cant_delete_message": _GONE,
        "channel_not_found": _GONE,
        "compliance_exports_prevent_deletion": _GONE,
        "message_not_found": _GONE,
    },
    "chat.update": {
        "as_user_not_supported": _OURS,
        "block_mismatch": _OURS,
        "cant_broadcast_message": _OURS,
        "cant_update_message": _FIXED,
        "channel_not_found": _FIXED,
        "edit_window_closed": _FIXED,
        "external_channel_migrating": _WAIT,
        "invalid_attachments": _OURS,
        "invalid_blocks": _OURS,
        "invalid_blocks_format": _OURS,
        "invalid_metadata_format": _OURS,
        "invalid_metadata_schema": _OURS,
        "is_inactive": _ARCHIVED,
        "markdown_text_conflict": _OURS,
        "message_not_found": _FIXED,
        "metadata_must_be_sent_from_app": _OURS,
        "metadata_too_large": _OURS,
        "msg_too_long": _OURS,
        "no_dual_broadcast_content_update": _OURS,
        "no_text": _OURS,
        "slack_connect_file_link_sharing_blocked": _ADMIN,
        "streaming_state_conflict": _WAIT,
        "team_not_found": _OURS,
        "too_many_attachments": _OURS,
        "update_failed": _FAULT,
    },
    "conversations.history": {
        "channel_is_limited_access": _AWAY,
        **_LISTING,
        "restricted_action": _ADMIN,
    },
    "conversations.info": {
        "channel_not_found": Decision(GIVE_UP, "The bot sees no channel {place}."),
        "team_not_found": _OURS,
    },
    "conversations.open": {
        "cannot_dm_bot": _PERSON,
        "channel_not_found": _PERSON,
        "invalid_user_combination": _PERSON,
        "method_not_supported_for_channel_type": _OURS,
        "not_enough_users": _OURS,
        "too_many_users": _OURS,
        "user_disabled": _PERSON,
        "user_not_found": _PERSON,
        "user_not_visible": _PERSON,
        "users_list_not_supplied": _OURS,
    },
    "conversations.replies": {
        **_LISTING,
        "thread_not_found": Decision(PARK, "The message whose thread it belongs to is not in {place} any more."),
    },
    "files.completeUploadExternal": {
        "file_not_found": _FILE_DONE,
        "file_update_failed": _NO_FILE,
        "invalid_channel": _AWAY,
        "posting_to_channel_denied": _POST,
    },
    "files.getUploadURLExternal": {
        "alt_txt_too_large": _OURS,
        "file_type_not_allowed": _FILES,
        "file_upload_size_restricted": _FILES,
        "file_uploads_disabled": _FILES,
        "file_uploads_except_images_disabled": _FILES,
        "missing_argument": _OURS,
        "snippet_too_large": _OURS,
        "storage_limit_reached": _FILES,
        "unknown_snippet_type": _OURS,
        "unknown_subtype": _OURS,
    },
    "users.info": {
        "too_many_users": _OURS,
        "user_not_found": _PERSON,
        "user_not_visible": _PERSON,
    },
    "users.lookupByEmail": {"users_not_found": Decision(GIVE_UP, "Nobody in the workspace has that address.")},
    "views.open": {
        "duplicate_external_id": _OURS,
        "exchanged_trigger_id": _TOO_LATE,
        "expired_trigger_id": _TOO_LATE,
        "invalid_trigger_id": _TOO_LATE,
        "view_too_large": _OURS,
    },
    "views.update": {
        "duplicate_external_id": _OURS,
        "hash_conflict": _SHUT,
        "not_found": _SHUT,
        "view_too_large": _OURS,
    },
    # not a method: an answer to the address that came with a press or command, refused in plain words
    "response_url": {
        "action_prohibited": _ADMIN,
        "channel_is_archived": _ARCHIVED,
        "channel_not_found": _AWAY,
        "expired_url": _ELSEWHERE,
        "invalid_blocks": _OURS,
        "invalid_blocks_format": _OURS,
        "invalid_payload": _OURS,
        "invalid_url": _ELSEWHERE,
        "no_text": _OURS,
        "rollup_error": _FAULT,
        "used_url": _ELSEWHERE,
        "user_not_found": _PERSON,
    },
}
# what may be asked for again without doing anything twice
_READS = frozenset(
    {
        *("auth.test", "apps.connections.open", "conversations.history", "conversations.info", "conversations.open"),
        "conversations.replies",
        *("files.getUploadURLExternal", "users.info", "users.lookupByEmail", "chat.update", "views.update"),
    }
)
_KEPT = frozenset(
    {"chat.postMessage", "conversations.history", "conversations.replies"}
)  # what waits in the outbox when it is refused


def _for(method: str, decision: Decision) -> Decision:
    """A read may always be made again, and what waits in no outbox cannot be parked: somebody is told instead."""
    if decision.kind == UNKNOWN and method in _READS:
        return decision._replace(kind=LATER)
    if decision.kind == PARK and method not in _KEPT:
        return decision._replace(kind=GIVE_UP)
    return decision


TABLE: Mapping[str, Mapping[str, Decision]] = {
    method: {code: _for(method, decision) for code, decision in {**COMMON, **own}.items()}
    for method, own in OWN.items()
}
UNLISTED = Decision(PARK, "Slack refused it ({error}).")


def decide(method: str, error: str, status: int = 200) -> Decision:
    """What to do when Slack answers `error` to a method, or only with an HTTP status."""
    if status == 429:
        return TABLE[method]["ratelimited"]
    found = TABLE[method].get(error)
    if found is None and (status >= 500 or not error):
        return TABLE[method]["internal_error"]
    return found or _for(method, UNLISTED)
