"""Slack's limits, in one table: what a message, a view, a block and an element may hold, and the page that says so.

Pages are below https://docs.slack.dev/reference/ unless they are whole addresses. Where Slack's own pages give no
number, the place where it was measured stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

from practice.rules import PLAIN, Anything, Flag, Line, Many, Number, Of, OneOf, Rule, Shape, Words

MESSAGE_BLOCKS = 50  # block-kit/blocks
VIEW_BLOCKS = 100  # views/modal-views, views/home-tab-views
VIEWS_STACKED = 3  # https://docs.slack.dev/surfaces/modals
VIEW_BYTES = 250_000  # view_too_large: methods/views.open
MESSAGE_TEXT = 40_000  # methods/chat.postMessage: it truncates there; the stand-in refuses, so that it is noticed
UPDATE_TEXT_BYTES = (
    4_000  # methods/chat.update; bytes, not characters: https://github.com/openclaw/openclaw/pull/115027
)
# msg_blocks_too_long is on no page. Seen: 13,297 characters in markdown blocks taken, 11,341 in rich_text refused, and
# none refused at a response_url: https://github.com/slackapi/bolt-js/issues/2509 and /2867. Counted here: every string.
MESSAGE_STRINGS = 13_000
FILE_INPUT_BYTES = 10_000_000  # block-kit/block-elements/file-input-element
RESPONSE_USES, RESPONSE_MINUTES = 5, 30  # https://docs.slack.dev/interactivity/handling-user-interaction
TRIGGER_SECONDS = 3.0  # the same
SOCKETS = 10  # https://docs.slack.dev/apis/events-api/using-socket-mode
RETRY_AFTER = (0.0, 60.0, 300.0)  # https://docs.slack.dev/apis/events-api: almost at once, a minute, five minutes

FLAG, ANY, ID = Flag(), Anything(), Line(255, 1)
DATE, TIME = Line(like=r"\d{4}-\d\d-\d\d"), Line(like=r"\d\d:\d\d")
OPEN: Mapping[str, Rule] = {}

# --- composition objects ---

CONFIRM = Shape(
    "block-kit/composition-objects/confirmation-dialog-object",
    {
        "title": Words(100, PLAIN),
        "text": Words(300),
        "confirm": Words(30, PLAIN),
        "deny": Words(30, PLAIN),
        "style": OneOf(("primary", "danger")),
    },
    needs=("title", "text", "confirm", "deny"),
)
_OPTION = "block-kit/composition-objects/option-object"
OPTION = Shape(_OPTION, {"text": Words(75), "value": Line(150, 1), "description": Words(75)}, ("text", "value"))
PLAIN_OPTION = OPTION._replace(
    fields={"text": Words(75, PLAIN), "value": Line(150, 1), "description": Words(75, PLAIN)}
)
OVERFLOW_OPTION = PLAIN_OPTION._replace(fields={**PLAIN_OPTION.fields, "url": Line(3000, 1)})
GROUP = Shape(
    "block-kit/composition-objects/option-group-object",
    {"label": Words(75, PLAIN), "options": Many(PLAIN_OPTION, 100)},
    ("label", "options"),
)

# --- elements ---

_ELEMENTS = "block-kit/block-elements/"
_USED: Mapping[str, Rule] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": FLAG}
_ASKED: Mapping[str, Rule] = {**_USED, "placeholder": Words(150, PLAIN)}
_TYPED: Mapping[str, Rule] = {
    "action_id": ID,
    "placeholder": Words(150, PLAIN),
    "focus_on_load": FLAG,
    "dispatch_action_config": ANY,
}
_LISTED: Mapping[str, Rule] = {"options": Many(PLAIN_OPTION, 100), "option_groups": Many(GROUP, 100)}
_SEVERAL: Mapping[str, Rule] = {"max_selected_items": Number(1)}
_PICTURE: Mapping[str, Rule] = {"image_url": Line(3000, 1), "slack_file": ANY, "alt_text": Line(2000, 1)}
_FEW = {"options": Many(OPTION, 10)}


def _one(page: str, start: str, rule: Rule, **more: Rule) -> Shape:
    return Shape(_ELEMENTS + page, {**_ASKED, start: rule, **more})


def _menu(page: str, start: str, rule: Rule, **more: Rule) -> Shape:
    return Shape(_ELEMENTS + page, {**_ASKED, **_LISTED, start: rule, **more}, needs_one=("options", "option_groups"))


ELEMENTS: Mapping[str, Shape] = {
    "button": Shape(
        _ELEMENTS + "button-element",
        {
            "text": Words(75, PLAIN),
            "action_id": ID,
            "url": Line(3000, 1),
            "value": Line(2000),
            "style": OneOf(("primary", "danger")),
            "confirm": CONFIRM,
            "accessibility_label": Line(75),
        },
        ("text",),
    ),
    "checkboxes": Shape(
        _ELEMENTS + "checkboxes-element", {**_USED, **_FEW, "initial_options": Many(OPTION, 10)}, ("options",)
    ),
    "radio_buttons": Shape(
        _ELEMENTS + "radio-button-group-element", {**_USED, **_FEW, "initial_option": OPTION}, ("options",)
    ),
    "overflow": Shape(
        _ELEMENTS + "overflow-menu-element",
        {"action_id": ID, "confirm": CONFIRM, "options": Many(OVERFLOW_OPTION, 5)},
        ("options",),
    ),
    "static_select": _menu("select-menu-element", "initial_option", PLAIN_OPTION),
    "multi_static_select": _menu("multi-select-menu-element", "initial_options", Many(PLAIN_OPTION, 100), **_SEVERAL),
    "external_select": _one("select-menu-element", "initial_option", PLAIN_OPTION, min_query_length=Number(0)),
    "users_select": _one("select-menu-element", "initial_user", Line()),
    "channels_select": _one("select-menu-element", "initial_channel", Line(), response_url_enabled=FLAG),
    "conversations_select": Shape(_ELEMENTS + "select-menu-element", _ASKED, open=True),
    "multi_external_select": Shape(_ELEMENTS + "multi-select-menu-element", {**_ASKED, **_SEVERAL}, open=True),
    "multi_users_select": _one("multi-select-menu-element", "initial_users", Many(Line(), 0, 0), **_SEVERAL),
    "multi_channels_select": _one("multi-select-menu-element", "initial_channels", Many(Line(), 0, 0), **_SEVERAL),
    "multi_conversations_select": Shape(_ELEMENTS + "multi-select-menu-element", {**_ASKED, **_SEVERAL}, open=True),
    "datepicker": _one("date-picker-element", "initial_date", DATE),
    "timepicker": _one("time-picker-element", "initial_time", TIME, timezone=Line()),
    "datetimepicker": Shape(_ELEMENTS + "datetime-picker-element", {**_USED, "initial_date_time": Number(0)}),
    "plain_text_input": Shape(
        _ELEMENTS + "plain-text-input-element",
        {
            **_TYPED,
            "initial_value": Line(3000),
            "multiline": FLAG,
            "min_length": Number(0, 3000),
            "max_length": Number(1, 3000),
        },
    ),
    "email_text_input": Shape(_ELEMENTS + "email-input-element", {**_TYPED, "initial_value": Line()}),
    "url_text_input": Shape(_ELEMENTS + "url-input-element", {**_TYPED, "initial_value": Line()}),
    "number_input": Shape(
        _ELEMENTS + "number-input-element",
        {**_TYPED, "is_decimal_allowed": FLAG, "initial_value": Line(), "min_value": Line(), "max_value": Line()},
        ("is_decimal_allowed",),
    ),
    "rich_text_input": Shape(_ELEMENTS + "rich-text-input-element", {**_TYPED, "initial_value": ANY}),
    "file_input": Shape(
        _ELEMENTS + "file-input-element",
        {"action_id": ID, "filetypes": Many(Line(0, 1)), "max_files": Number(1, 10)},
    ),
    "image": Shape(_ELEMENTS + "image-element", _PICTURE, ("alt_text",), ("image_url", "slack_file")),
    "workflow_button": Shape(_ELEMENTS + "workflow-button-element", OPEN, open=True),
    "feedback_buttons": Shape(_ELEMENTS + "feedback-buttons-element", OPEN, open=True),
    "icon_button": Shape(_ELEMENTS + "icon-button-element", OPEN, open=True),
    "plain_text": Shape("block-kit/composition-objects/text-object", {"text": Line(3000, 1), "emoji": FLAG}, ("text",)),
    "mrkdwn": Shape("block-kit/composition-objects/text-object", {"text": Line(3000, 1), "verbatim": FLAG}, ("text",)),
}
_SINGLE = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
SELECTS = (*_SINGLE, *(f"multi_{kind}" for kind in _SINGLE))
_CHOSEN = ("checkboxes", "radio_buttons", "datepicker", "timepicker", *SELECTS)
IN_SECTION = ("button", "overflow", "image", "workflow_button", *_CHOSEN)
IN_ACTIONS = ("button", "overflow", "datetimepicker", "workflow_button", *_CHOSEN)
IN_INPUT = (
    *("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"),
    *("file_input", "datetimepicker", *_CHOSEN),
)
IN_CONTEXT = ("plain_text", "mrkdwn", "image")

# --- rich text ---

_RICH = "block-kit/blocks/rich-text-block"
_STYLE = Shape(
    _RICH,
    dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), FLAG),
)
INLINE: Mapping[str, Shape] = {
    "text": Shape(_RICH, {"text": Line(0, 1), "style": _STYLE}, ("text",)),
    "link": Shape(_RICH, {"url": Line(0, 1), "text": Line(0, 1), "unsafe": FLAG, "style": _STYLE}, ("url",)),
    "emoji": Shape(_RICH, {"name": Line(0, 1), "unicode": Line(), "skin_tone": Number(), "style": _STYLE}, ("name",)),
    "user": Shape(_RICH, {"user_id": Line(0, 1), "style": _STYLE}, ("user_id",)),
    "channel": Shape(_RICH, {"channel_id": Line(0, 1), "style": _STYLE}, ("channel_id",)),
    "usergroup": Shape(_RICH, {"usergroup_id": Line(0, 1), "style": _STYLE}, ("usergroup_id",)),
    "broadcast": Shape(_RICH, {"range": OneOf(("here", "channel", "everyone")), "style": _STYLE}, ("range",)),
    "color": Shape(_RICH, {"value": Line(0, 1), "style": _STYLE}, ("value",)),
    "date": Shape(
        _RICH,
        {"timestamp": Number(), "format": Line(0, 1), "url": Line(), "fallback": Line(), "style": _STYLE},
        ("timestamp", "format"),
    ),
}
_BORDER = Number(0, 1)
SECTION_OF_TEXT: Mapping[str, Shape] = {
    "rich_text_section": Shape(_RICH, {"elements": Many(Of(INLINE))}, ("elements",))
}
RICH: Mapping[str, Shape] = {
    **SECTION_OF_TEXT,
    "rich_text_list": Shape(
        _RICH,
        {
            "style": OneOf(("bullet", "ordered")),
            "elements": Many(Of(SECTION_OF_TEXT)),
            "indent": Number(0, 8),
            "offset": Number(0),
            "border": _BORDER,
        },
        ("style", "elements"),
    ),
    "rich_text_quote": Shape(_RICH, {"elements": Many(Of(INLINE)), "border": _BORDER}, ("elements",)),
    "rich_text_preformatted": Shape(
        _RICH, {"elements": Many(Of(INLINE, ("text", "link"))), "border": _BORDER, "language": Line()}, ("elements",)
    ),
}

# --- charts and tables ---

_CHART = "block-kit/blocks/data-visualization-block"
# The page gives 6 series or segments; 20 characters a label and 20 points a series are in the clients that follow it:
# https://docs.rs/slack-messaging/0.7.7 and https://docs.openclaw.ai/channels/slack/rich-messages (which has 12 series).
_LABEL = Line(20, 1)
_POINT = Shape(_CHART, {"label": _LABEL, "value": Number()}, ("label", "value"))
_SEGMENT = Shape(_CHART, {"label": _LABEL, "value": Number(more_than=0)}, ("label", "value"))
_SERIES = Shape(_CHART, {"name": _LABEL, "data": Many(_POINT, 20)}, ("name", "data"))
_AXIS = Shape(_CHART, {"categories": Many(_LABEL, 20), "x_label": Line(50), "y_label": Line(50)}, ("categories",))
_PLOTTED = Shape(_CHART, {"series": Many(_SERIES, 6), "axis_config": _AXIS}, ("series", "axis_config"))
CHARTS: Mapping[str, Shape] = {
    "pie": Shape(_CHART, {"segments": Many(_SEGMENT, 6)}, ("segments",)),
    "bar": _PLOTTED,
    "area": _PLOTTED,
    "line": _PLOTTED,
}
_TABLE, _DATA_TABLE = "block-kit/blocks/table-block", "block-kit/blocks/data-table-block"
CELLS: Mapping[str, Shape] = {
    "raw_text": Shape(_TABLE, {"text": Line(0, 1)}, ("text",)),
    "raw_number": Shape(_DATA_TABLE, {"value": Number(), "text": Line()}, ("value",)),
    "rich_text": Shape(_TABLE, {"elements": Many(Of(RICH)), "block_id": ID}, ("elements",)),
}
_COLUMN = Shape(_TABLE, {"align": OneOf(("left", "center", "right")), "is_wrapped": FLAG})

# --- blocks ---

_BLOCKS = "block-kit/blocks/"
_MESSAGES = ("message",)
BLOCKS: Mapping[str, Shape] = {
    "header": Shape(_BLOCKS + "header-block", {"text": Words(150, PLAIN)}, ("text",)),
    "section": Shape(
        _BLOCKS + "section-block",
        {
            "text": Words(3000),
            "fields": Many(Words(2000), 10),
            "accessory": Of(ELEMENTS, IN_SECTION),
            "expand": FLAG,
        },
        needs_one=("text", "fields"),
    ),
    "divider": Shape(_BLOCKS + "divider-block", OPEN),
    "context": Shape(_BLOCKS + "context-block", {"elements": Many(Of(ELEMENTS, IN_CONTEXT), 10)}, ("elements",)),
    "actions": Shape(_BLOCKS + "actions-block", {"elements": Many(Of(ELEMENTS, IN_ACTIONS), 25)}, ("elements",)),
    "input": Shape(
        _BLOCKS + "input-block",
        {
            "label": Words(2000, PLAIN),
            "element": Of(ELEMENTS, IN_INPUT),
            "hint": Words(2000, PLAIN),
            "optional": FLAG,
            "dispatch_action": FLAG,
        },
        ("label", "element"),
    ),
    "image": Shape(
        _BLOCKS + "image-block",
        {**_PICTURE, "title": Words(2000, PLAIN)},
        ("alt_text",),
        ("image_url", "slack_file"),
    ),
    "rich_text": Shape(_RICH, {"elements": Many(Of(RICH))}, ("elements",)),
    "markdown": Shape(_BLOCKS + "markdown-block", {"text": Line(12_000, 1)}, ("text",), surfaces=_MESSAGES),
    "table": Shape(
        _TABLE,
        {"rows": Many(Many(Of(CELLS), 20), 100), "column_settings": Many(_COLUMN, 20)},
        ("rows",),
        surfaces=_MESSAGES,
    ),
    "data_table": Shape(
        _DATA_TABLE,
        {
            "caption": Line(0, 1),
            "rows": Many(Many(Of(CELLS), 20), 101, 2),
            "page_size": Number(1, 100),
            "row_header_column_index": Number(0),
        },
        ("caption", "rows"),
        surfaces=_MESSAGES,
    ),
    "data_visualization": Shape(
        _CHART, {"title": Line(50, 1), "chart": Of(CHARTS)}, ("title", "chart"), surfaces=_MESSAGES
    ),
    "alert": Shape(_BLOCKS + "alert-block", OPEN, ("text",), surfaces=("modal",), open=True),
    "video": Shape(
        _BLOCKS + "video-block", {"title": Words(199, PLAIN), "author_name": Line(49)}, ("title",), open=True
    ),
    # Known to Slack and not drawn by this bot: taken as they are.
    "context_actions": Shape(_BLOCKS + "context-actions-block", OPEN, ("elements",), surfaces=_MESSAGES, open=True),
    "container": Shape(_BLOCKS + "container-block", OPEN, open=True),
    "card": Shape(_BLOCKS + "card-block", OPEN, open=True),
    "carousel": Shape(_BLOCKS + "carousel-block", OPEN, ("elements",), open=True),
    "plan": Shape(_BLOCKS + "plan-block", OPEN, surfaces=_MESSAGES, open=True),
    "task_card": Shape(_BLOCKS + "task-card-block", OPEN, surfaces=_MESSAGES, open=True),
}
A_MESSAGE_HAS = {"table": 1, "data_visualization": 2}  # their pages

# --- views ---

_VIEW: Mapping[str, Rule] = {
    "type": OneOf(("modal", "home")),
    "private_metadata": Line(3000),
    "callback_id": Line(255),
    "external_id": Line(255),
    "blocks": ANY,
}
VIEWS: Mapping[str, Shape] = {
    "modal": Shape(
        "views/modal-views",
        {
            **_VIEW,
            **{key: Words(24, PLAIN) for key in ("title", "submit", "close")},
            **dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), FLAG),
        },
        ("title", "blocks"),
    ),
    "home": Shape("views/home-tab-views", _VIEW, ("blocks",)),
}
