"""Files in the pretended workspace: uploaded in Slack's two steps, kept in memory, fetched with the app's token.

https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import mimetypes
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from practice.clock import instant_of
from practice.shapes import Json, SlackError
from practice.workspace import Workspace

MOST_BYTES = 1_000_000_000


@dataclass
class Held:
    """One file: what is known of it, and its content once that has come."""

    id: str
    name: str
    owner: str
    ts: str
    promised: int
    title: str = ""
    content: bytes | None = None
    complete: bool = False
    channels: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The ending of its name, as Slack tells file types apart."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else "binary"


class Files:
    """Every file there is, and those on their way."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held: dict[str, Held] = {}
        self._ways: dict[str, str] = {}
        self.url = ""

    def held(self, ident: str) -> Held:
        """A file that is there in full."""
        found = self._held.get(ident)
        if found is None or not found.complete:
            raise SlackError("file_not_found")
        return found

    def every(self) -> list[Json]:
        """What is known of each file."""
        return [self.described(held) for held in self._held.values() if held.complete]

    def described(self, held: Held) -> Json:
        """A file as Slack describes it."""
        address = f"{self.url}/files-pri/{self._workspace.team['id']}-{held.id}"
        name = re.sub(r"[^\w.-]+", "_", held.name)
        created = int(instant_of(held.ts).timestamp())
        return {
            "id": held.id,
            "created": created,
            "timestamp": created,
            "name": held.name,
            "title": held.title or held.name,
            "mimetype": mimetypes.guess_type(held.name)[0] or "application/octet-stream",
            "filetype": held.kind,
            "user": held.owner,
            "size": len(held.content or b""),
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "url_private": f"{address}/{name}",
            "url_private_download": f"{address}/download/{name}",
            "channels": held.channels,
        }

    def put(self, person: str, name: str, content: bytes) -> Json:
        """A file that a person has chosen in a form or dropped into a channel."""
        held = self._new(name, person, len(content))
        held.content, held.complete = content, True
        return self.described(held)

    def _new(self, name: str, owner: str, length: int) -> Held:
        ident = "F0" + secrets.token_hex(4).upper()
        self._held[ident] = Held(ident, name, owner, self._workspace.clock.ts(), length)
        return self._held[ident]

    # --- the Web API ---

    def upload_url(self, arguments: Json) -> Json:
        """files.getUploadURLExternal"""
        length, name = str(arguments.get("length") or ""), str(arguments.get("filename") or "")
        if not length.isdecimal() or not int(length):
            raise SlackError("missing_argument")
        if not name:
            raise SlackError("invalid_arguments")
        if int(length) > MOST_BYTES:
            raise SlackError("file_upload_size_restricted")
        held = self._new(name, self._workspace.app["user_id"], int(length))
        way = secrets.token_urlsafe(18)
        self._ways[way] = held.id
        return {"upload_url": f"{self.url}/upload/v1/{way}", "file_id": held.id}

    async def receive(self, request: web.Request) -> web.Response:
        """The content of a file, as it is or as part of a form."""
        held = self._held.get(self._ways.get(request.match_info["way"], ""))
        if held is None or held.complete:
            return web.Response(status=404, text="no such upload")
        if request.content_type == "multipart/form-data":
            parts: list[Any] = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
            held.content = parts[0].file.read() if parts else b""
        else:
            held.content = await request.read()
        return web.Response(text=f"OK - {len(held.content)}")

    def complete(self, arguments: Json) -> tuple[Json, list[Json]]:
        """files.completeUploadExternal: its answer, and the files to be shown where it says."""
        asked = arguments.get("files")
        if not isinstance(asked, list) or not asked:
            raise SlackError("invalid_arguments")
        done = [self._completed(one) for one in asked]
        described = [self.described(held) for held in done]
        return {"files": [{"id": one["id"], "title": one["title"]} for one in described]}, described

    def _completed(self, asked: Any) -> Held:
        held = self._held.get(str(asked.get("id"))) if isinstance(asked, dict) else None
        if held is None or held.complete or held.content is None:
            raise SlackError("file_not_found")
        if len(held.content) != held.promised:
            raise SlackError("file_update_failed")
        held.title, held.complete = str(asked.get("title") or ""), True
        return held

    def info(self, arguments: Json) -> Json:
        """files.info"""
        return {"file": self.described(self.held(str(arguments.get("file")))), "comments": []}

    def delete(self, arguments: Json) -> Json:
        """files.delete: an app deletes only its own."""
        held = self.held(str(arguments.get("file")))
        if held.owner != self._workspace.app["user_id"]:
            raise SlackError("cant_delete_file")
        del self._held[held.id]
        return {}
