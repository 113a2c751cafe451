// Pages of other origins: the application that embeds the flow, and whoever would like to be it.

import { createServer } from "node:http";
import { createServer as createSecure } from "node:https";
import { readFile } from "node:fs/promises";

const listen = (server, host) => new Promise((resolve) => server.listen(0, host, () => resolve(server.address().port)));
const close = (server) =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });

/** The page of an application: a button that opens the flow, and a list of what it heard. */
const page = (stack) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title>
<script src="${stack.url}/connect.js"></script>
<main><h1>Acme Maintenance</h1><button id="before">Before</button> <button id="connect">Connect your ERP</button> <a href="#x" id="after">After</a></main>
<script>
  window.heard = [];
  window.messages = [];
  window.addEventListener("message", (event) => messages.push({ origin: event.origin, data: event.data }));
  window.start = (options) => window.flow = Manifold.open({ ...options,
    onSuccess: (token) => heard.push(["success", token]),
    onExit: (error) => heard.push(["exit", error]),
    onEvent: (event) => heard.push(["event", event.name, event]) });
  document.getElementById("connect").onclick = () => start(window.options);
</script></html>`;

/** Serves the application's page on an origin of its own. */
export async function startHost(stack, host = "localhost") {
  const server = createServer((request, answer) => {
    answer.setHeader("content-type", "text/html; charset=utf-8");
    answer.end(page(stack));
  });
  const port = await listen(server, host === "localhost" ? "::" : host);
  return { origin: `http://${host}:${port}`, stop: () => close(server) };
}

/** A server whose certificate nobody trusts. */
export async function startUntrusted() {
  const pem = await readFile(new URL("../../shared/connectors/src/transport/guard/self_signed.pem", import.meta.url));
  const server = createSecure({ key: pem, cert: pem }, (request, answer) => answer.end("{}"));
  const port = await listen(server, "127.0.0.1");
  return { url: `https://127.0.0.1:${port}`, stop: () => close(server) };
}
