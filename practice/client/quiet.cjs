// Loaded before Microsoft's client, which would listen on every interface of the machine and open a browser: what
// listens, listens on 127.0.0.1, and instead of a browser Node tells its version to nobody.
// https://nodejs.org/api/net.html#serverlisten and https://nodejs.org/api/child_process.html
"use strict";

const processes = require("node:child_process");
const { Server } = require("node:net");

const OPENS_A_BROWSER = /(^|[\\/])(xdg-open|open|powershell(\.exe)?)$/i;
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
