// A local stack for the tests: in memory, on free ports, ended with them.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Starts the binary that MANIFOLD names; answers where everything is. */
export async function startStack() {
  const binary = process.env.MANIFOLD;
  if (!binary) throw new Error("MANIFOLD names the built binary: tests/browser/run.sh sets it");
  const child = spawn(binary, ["--memory", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ready = await new Promise((resolve, reject) => {
    ended.then((code) => reject(new Error(`the stack ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("ready ")) resolve(JSON.parse(line.slice(6)));
    });
  });
  const stack = new Stack(ready);
  stack.stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return stack;
}

/** What tests ask of a stack. */
class Stack {
  constructor(ready) {
    Object.assign(this, ready);
  }

  async #ask(method, address, body, key = this.workspace_key) {
    const answer = await fetch(address, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text && JSON.parse(text) };
  }

  /** Calls the API with the workspace key. */
  api(method, path, body, key) {
    return this.#ask(method, this.url + path, body, key);
  }

  /** A link session; `more` is added to the request. */
  async session(more = {}) {
    // Little to sync: what a connection does afterwards is not looked at here.
    const usual = { customer: { id: "acme", name: "Acme Tools" }, history: { days: 1 }, schedule: "manual" };
    const made = await this.api("POST", "/v1/link-sessions", { ...usual, ...more });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    return made.body;
  }

  /** The sandbox's values for a system. */
  async sample(system, method = null) {
    const all = await this.#ask("GET", `${this.sandbox_url}/`);
    const entries = [...all.body.systems, ...(all.body.alternatives ?? [])];
    return entries.find((entry) => entry.system === system && (!method || entry.method === method));
  }

  /** Makes a system of the sandbox misbehave, until `mend`. */
  fault(system, fault, more = {}) {
    return this.#ask("POST", `${this.sandbox_url}/_faults`, { system, fault, ...more });
  }

  /** Ends all misbehaviour. */
  mend() {
    return this.#ask("DELETE", `${this.sandbox_url}/_faults`);
  }

  /** Exchanges a public token, as the workspace's server would. */
  exchange(publicToken) {
    return this.api("POST", "/v1/link-sessions/exchange", { public_token: publicToken });
  }
}
