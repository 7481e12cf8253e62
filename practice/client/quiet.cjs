// Loaded before Microsoft's client, which would listen on every interface of the machine, open a browser, and have its
// page fetch fonts: what listens, listens on 127.0.0.1; instead of a browser, Node tells its version to nobody; and a
// page may ask nobody but this machine.
// https://nodejs.org/api/net.html#serverlisten, https://nodejs.org/api/child_process.html and
// https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"use strict";

const http = require("node:http");
const processes = require("node:child_process");
const { Server } = require("node:net");

const OPENS_A_BROWSER = /(^|[\\/])(xdg-open|open|powershell(\.exe)?)$/i;
const ONLY_HERE =
  "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws://127.0.0.1:* ws://localhost:*";
const { emit } = http.Server.prototype;
const { listen } = Server.prototype;
const { spawn } = processes;

Server.prototype.listen = function (where, ...rest) {
  const more = where !== null && typeof where === "object" ? where : { port: where };
  const port = Number(more.port);
  if (!Number.isInteger(port)) {
    return listen.call(this, where, ...rest);
  }
  const told = rest.filter((one) => typeof one === "function");
  return listen.call(this, { ...more, port, host: "127.0.0.1" }, ...told);
};

processes.spawn = function (command, ...rest) {
  return OPENS_A_BROWSER.test(command)
    ? spawn.call(processes, process.execPath, ["--version"], { stdio: "ignore" })
    : spawn.call(processes, command, ...rest);
};

http.Server.prototype.emit = function (name, ...rest) {
  if (name === "request") {
    rest[1].setHeader("Content-Security-Policy", ONLY_HERE);
  }
  return emit.call(this, name, ...rest);
};
