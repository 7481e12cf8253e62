"""Slack's Web API as far as this bot needs it: same names, same answers, same refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import format_datetime

from aiohttp import web

from practice.acts import Acts
from practice.arguments import in_history, is_true, metadata_of, needed, page_of, read, token_of, without
from practice.blocks import checked, hold_to_length
from practice.faults import Calls, Faults, cut_after, fails_early
from practice.files import Files
from practice.limits import MESSAGE_TEXT, UPDATE_TEXT_BYTES
from practice.rates import Rates
from practice.shapes import Json, SlackError
from practice.socket_mode import SocketMode
from practice.views import Views
from practice.workspace import Channel, Kept, Person, Workspace

BOT_TOKEN = "xoxb-practice"
APP_TOKEN = "xapp-practice"
# What each method asks of the app's permissions, from its page; one of several is enough.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.members": ("channels:read", "groups:read", "im:read"),
    "conversations.open": ("im:write",),
    "files.completeUploadExternal": ("files:write",),
    "files.delete": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.info": ("files:read",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
    "users.lookupByEmail": ("users:read.email",),
}


class WebApi:
    """Answers the app's calls from the workspace; a fault that was ordered comes first."""

    def __init__(self, workspace: Workspace, views: Views, acts: Acts, socket: SocketMode, files: Files) -> None:
        self._workspace = workspace
        self._views = views
        self._acts = acts
        self._socket = socket
        self._files = files
        self.faults = Faults()
        self.rates = Rates()
        self.calls = Calls()
        self.url = ""

    # --- the way in ---

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call of one method."""
        method = request.match_info["method"]
        try:
            arguments = await read(request)
        except SlackError as refused:
            return web.json_response(refused.answer())
        call = self.calls.note(method, arguments, self._workspace.clock.now().isoformat(timespec="seconds"))
        fault = self.faults.next_for(method)
        early = await fails_early(fault, request) or self._too_often(method, arguments)
        response = early or web.json_response(self._answer(method, arguments, token_of(request, arguments)))
        call["answer"] = None if early else json.loads(response.body or b"null")  # type: ignore[arg-type]
        cut_after(fault, request)
        return self._with_headers(response)

    def _too_often(self, method: str, arguments: Json) -> web.Response | None:
        wait = self.rates.wait(method, str(arguments.get("channel", "")))
        if not wait:
            return None
        headers = {"Retry-After": str(wait)}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)

    def _with_headers(self, response: web.Response) -> web.Response:
        response.headers["Date"] = format_datetime(self._workspace.clock.now().astimezone(UTC), usegmt=True)
        response.headers["X-OAuth-Scopes"] = ",".join(self._workspace.scopes)
        return response

    def _answer(self, method: str, arguments: Json, token: str) -> Json:
        try:
            if method == "api.test":
                return self._api_test(arguments)
            _check_token(method, token)
            answer = METHODS.get(method)
            if answer is None:
                raise SlackError("unknown_method", req_method=method)
            self._check_scope(*SCOPES.get(method, ()))
            return {"ok": True, **answer(self, arguments)}
        except SlackError as refused:
            return refused.answer()

    def _check_scope(self, *one_of: str) -> None:
        provided = self._workspace.scopes
        if provided and one_of and not set(one_of) & set(provided):
            raise SlackError("missing_scope", needed=one_of[0], provided=",".join(provided))

    # --- who is calling ---

    def _api_test(self, arguments: Json) -> Json:
        if "error" in arguments:
            return {"ok": False, "error": arguments["error"], "args": arguments}
        return {"ok": True, "args": arguments}

    def _auth_test(self, _: Json) -> Json:
        team, app = self._workspace.team, self._workspace.app
        return {
            "url": f"https://{team['domain']}.slack.example/",
            "team": team["name"],
            "user": app["handle"],
            "team_id": team["id"],
            "user_id": app["user_id"],
            "bot_id": app["bot_id"],
            "is_enterprise_install": False,
        }

    def _connections_open(self, _: Json) -> Json:
        address = self.url.replace("http://", "ws://")
        return {"url": f"{address}/socket/{self._socket.ticket()}"}

    # --- messages ---

    def _post_message(self, arguments: Json) -> Json:
        channel = self._place(arguments)
        content = self._content(arguments)
        if arguments.get("thread_ts"):
            content["thread_ts"] = self._root(channel, str(arguments["thread_ts"]))
        kept = self._workspace.keep_from_bot(channel.id, content)
        self._acts.tell_message("message", kept)
        self._acts.events.heard_itself(kept)
        return {"channel": channel.id, "ts": kept.ts, "message": kept.message}

    def _root(self, channel: Channel, ts: str) -> str:
        """The message that a thread begins with; a private one cannot be replied to."""
        root = self._workspace.find(channel.id, ts)
        if root is not None and root.only_for is not None:
            raise SlackError("cannot_reply_to_message")
        return ts

    def _post_ephemeral(self, arguments: Json) -> Json:
        channel = self._place(arguments)
        user = str(arguments.get("user", ""))
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        kept = self._workspace.keep_from_bot(channel.id, self._content(arguments), only_for=user)
        self._acts.tell_message("message", kept)
        return {"message_ts": kept.ts}

    def _place(self, arguments: Json) -> Channel:
        channel = self._workspace.for_bot(needed(arguments, "channel"))
        if channel.archived:
            raise SlackError("is_archived")
        return channel

    def _content(self, arguments: Json) -> Json:
        text, blocks = str(arguments.get("text") or ""), arguments.get("blocks")
        if not text and not blocks:
            raise SlackError("no_text")
        if len(text) > MESSAGE_TEXT:
            raise SlackError("msg_too_long")
        content: Json = {"text": text}
        if blocks:
            content["blocks"] = checked(blocks, without=self._workspace.without_blocks)
            hold_to_length(blocks)
        if arguments.get("metadata"):
            content["metadata"] = metadata_of(arguments["metadata"])
        return content

    def _update(self, arguments: Json) -> Json:
        kept = self._own(arguments, "cant_update_message")
        if len(str(arguments.get("text") or "").encode()) > UPDATE_TEXT_BYTES:
            raise SlackError("msg_too_long")
        content = self._content(arguments)
        self._workspace.redraw(kept, content)
        self._acts.tell_message("changed", kept)
        return {"channel": kept.channel, "ts": kept.ts, "text": kept.message["text"], "message": kept.message}

    def _delete(self, arguments: Json) -> Json:
        kept = self._own(arguments, "cant_delete_message")
        self._acts.take_away(kept)
        return {"channel": kept.channel, "ts": kept.ts}

    def _own(self, arguments: Json, refusal: str) -> Kept:
        channel = self._conversation(arguments)
        kept = self._workspace.find(channel.id, needed(arguments, "ts"))
        if kept is None or kept.only_for is not None:
            raise SlackError("message_not_found")
        if kept.message.get("bot_id") != self._workspace.app["bot_id"]:
            raise SlackError(refusal)
        return kept

    # --- conversations ---

    def _history(self, arguments: Json) -> Json:
        channel = self._readable(arguments)
        with_metadata = is_true(arguments.get("include_all_metadata"))
        found = [k.message for k in self._workspace.kept if k.channel == channel.id and k.only_for is None]
        found = [m for m in reversed(found) if in_history(m, arguments)]
        page, more = page_of(found, arguments)
        messages = [m if with_metadata else without(m, "metadata") for m in page]
        return {"messages": messages, "has_more": bool(more), "response_metadata": {"next_cursor": more}}

    def _readable(self, arguments: Json) -> Channel:
        """A conversation whose messages the app may read: each kind has a permission of its own."""
        channel = self._conversation(arguments)
        kind = "im" if channel.direct_with else "groups" if channel.private else "channels"
        self._check_scope(f"{kind}:history")
        return channel

    def _conversation(self, arguments: Json) -> Channel:
        """A conversation of the app's by its own id: only a post takes a person's id for their direct messages."""
        ident = needed(arguments, "channel")
        if ident in self._workspace.people:
            raise SlackError("channel_not_found")
        return self._workspace.for_bot(ident)

    def _replies(self, arguments: Json) -> Json:
        channel = self._readable(arguments)
        root = self._workspace.find(channel.id, needed(arguments, "ts"))
        if root is None or root.only_for is not None:
            raise SlackError("thread_not_found")
        oldest, with_metadata = float(arguments.get("oldest") or 0), is_true(arguments.get("include_all_metadata"))
        # the message that the thread begins with is always among them
        found = [k.message for k in self._workspace.replies(root) if k is root or float(k.ts) > oldest]
        page, more = page_of([m if with_metadata else without(m, "metadata") for m in found], arguments)
        return {"messages": page, "has_more": bool(more), "response_metadata": {"next_cursor": more}}

    def _conversation_info(self, arguments: Json) -> Json:
        return {"channel": self._described(self._visible(arguments))}

    def _visible(self, arguments: Json) -> Channel:
        channel = self._workspace.channel(needed(arguments, "channel"))
        if channel.private and self._workspace.app["user_id"] not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def _members(self, arguments: Json) -> Json:
        members = self._visible(arguments).members
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    def _open(self, arguments: Json) -> Json:
        person = self._workspace.person(needed(arguments, "users"))
        channel = self._workspace.direct(person.id)
        if channel is None:
            raise SlackError("cannot_dm_bot")
        if person.deleted:
            raise SlackError("user_disabled")
        return {"channel": {"id": channel.id}}

    def _described(self, channel: Channel) -> Json:
        direct = channel.direct_with is not None
        ours = {"is_member": self._workspace.app["user_id"] in channel.members}
        named = {"user": channel.direct_with} if direct else {"name": channel.name, "topic": {"value": channel.topic}}
        return {
            "id": channel.id,
            **named,
            **ours,
            "is_channel": not direct and not channel.private,
            "is_group": channel.private,
            "is_im": direct,
            "is_private": channel.private or direct,
            "is_archived": channel.archived,
            "is_ext_shared": channel.shared,
            "is_org_shared": False,
            "num_members": len(channel.members),
        }

    # --- people ---

    def _user_info(self, arguments: Json) -> Json:
        return {"user": self._user(self._workspace.person(needed(arguments, "user")))}

    def _by_email(self, arguments: Json) -> Json:
        wanted = needed(arguments, "email").strip().lower()
        for person in self._workspace.people.values():
            if person.email.lower() == wanted and not person.deleted:
                return {"user": self._user(person)}
        raise SlackError("users_not_found")

    def _user_list(self, arguments: Json) -> Json:
        page, more = page_of(list(self._workspace.people.values()), arguments)
        return {"members": [self._user(p) for p in page], "response_metadata": {"next_cursor": more}}

    def _user(self, person: Person) -> Json:
        flags = ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot")
        names = {"real_name": person.name, "display_name": person.name, "real_name_normalized": person.name}
        profile: Json = {**names, "display_name_normalized": person.name, "title": person.title}
        if "users:read.email" in self._workspace.scopes and person.email:
            profile["email"] = person.email
        return {
            "id": person.id,
            "team_id": self._workspace.team["id"],
            "name": person.handle,
            "real_name": person.name,
            "tz": "Europe/London",
            "profile": profile,
            "is_admin": False,
            "is_owner": False,
            "is_app_user": False,
            **{flag: getattr(person, flag) for flag in flags},
        }

    # --- forms ---

    def _view_open(self, arguments: Json) -> Json:
        trigger = self._acts.triggers.exchange(needed(arguments, "trigger_id"))
        view = self._views.open(trigger.person, arguments.get("view"))
        trigger.view_id = view["id"]
        self._acts.tell_views(trigger.person)
        return {"view": view}

    def _view_push(self, arguments: Json) -> Json:
        trigger = self._acts.triggers.exchange(needed(arguments, "trigger_id"))
        view = self._views.push(trigger.person, arguments.get("view"))
        trigger.view_id = view["id"]
        self._acts.tell_views(trigger.person)
        return {"view": view}

    def _view_update(self, arguments: Json) -> Json:
        given = arguments.get("view")
        view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
        person, _ = self._views.find(view_id, external_id)
        view = self._views.update(view_id, given, arguments.get("hash"), external_id)
        self._acts.tell_views(person)
        return {"view": view}

    def _view_publish(self, arguments: Json) -> Json:
        person = self._workspace.person(needed(arguments, "user_id"))
        view = self._views.publish(person.id, arguments.get("view"), arguments.get("hash"))
        return {"view": view}

    # --- files ---

    def _upload_url(self, arguments: Json) -> Json:
        return self._files.upload_url(arguments)

    def _complete_upload(self, arguments: Json) -> Json:
        place = self._place({"channel": arguments["channel_id"]}) if arguments.get("channel_id") else None
        answer, files = self._files.complete(arguments)
        if place is not None:
            self._share(place, files, arguments)
        return answer

    def _share(self, place: Channel, files: list[Json], arguments: Json) -> None:
        content: Json = {"text": str(arguments.get("initial_comment") or ""), "files": files}
        if arguments.get("thread_ts"):
            content["thread_ts"] = str(arguments["thread_ts"])
        kept = self._workspace.keep_from_bot(place.id, content)
        for one in files:
            self._files.held(one["id"]).channels.append(place.id)
        self._acts.tell_message("message", kept)

    def _file_info(self, arguments: Json) -> Json:
        return self._files.info(arguments)

    def _delete_file(self, arguments: Json) -> Json:
        return self._files.delete(arguments)


METHODS: Mapping[str, Callable[[WebApi, Json], Json]] = {
    "auth.test": WebApi._auth_test,
    "apps.connections.open": WebApi._connections_open,
    "chat.postMessage": WebApi._post_message,
    "chat.postEphemeral": WebApi._post_ephemeral,
    "chat.update": WebApi._update,
    "chat.delete": WebApi._delete,
    "conversations.history": WebApi._history,
    "conversations.info": WebApi._conversation_info,
    "conversations.open": WebApi._open,
    "conversations.members": WebApi._members,
    "conversations.replies": WebApi._replies,
    "files.completeUploadExternal": WebApi._complete_upload,
    "files.delete": WebApi._delete_file,
    "files.getUploadURLExternal": WebApi._upload_url,
    "files.info": WebApi._file_info,
    "users.info": WebApi._user_info,
    "users.lookupByEmail": WebApi._by_email,
    "users.list": WebApi._user_list,
    "views.open": WebApi._view_open,
    "views.update": WebApi._view_update,
    "views.push": WebApi._view_push,
    "views.publish": WebApi._view_publish,
}


def _check_token(method: str, token: str) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in (BOT_TOKEN, APP_TOKEN):
        raise SlackError("invalid_auth")
    if (method == "apps.connections.open") != (token == APP_TOKEN):
        raise SlackError("not_allowed_token_type")
