// The screen on which one sees the system being checked, step by step.

import { Refused, Unreachable, ask } from "./api.js";
import { clone, fill, find, slot } from "./dom.js";
import { ago, english, has, number, say } from "./texts.js";

const screen = find('[data-screen="checking"]');
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The unified model of a step, for people. */
export const modelOf = (key) => {
  const model = key.split(":")[1] ?? key;
  return has(`model.${model}`) ? say(`model.${model}`) : model.replaceAll("_", " ");
};

/** A step's title in the page's language; the server's own where this page does not know the step. */
function titleOf({ key, title }, system, host) {
  const [kind] = key.split(":");
  if (kind === "host") return host ? say("step.host", { host }) : say("step.host_any", { system });
  if (kind === "permission") return say("step.permission", { model: modelOf(key) });
  return has(`step.${kind}`) ? say(`step.${kind}`, { system }) : title;
}

const stateOf = (state) => say(state === "failed" ? "checking.failed_state" : `checking.${state}`);

/** The host's name out of "Reaching my300000-api.s4hana.cloud.sap". */
const hostOf = (steps) => {
  const step = steps.find(({ key }) => key === "host");
  return step?.title.split(" ").find((word) => word.includes(".") || word.includes(":")) ?? null;
};

/** Titles of what one signs in with, as a sentence lists them. */
export const listed = (titles) => new Intl.ListFormat(document.documentElement.lang).format(titles.map((title) => `“${title}”`));

/** What happened and what to do: the server's words, or the page's where it speaks another language. */
function wordsOf(step, system, titles) {
  const { fault, said } = step;
  if (step.total !== undefined) return { detail: `${number(step.total)} ${modelOf(step.key)}`, hint: null };
  if (english || !fault || !has(`fault.${fault}`)) return { detail: english || step.state === "failed" ? step.detail : null, hint: step.hint };
  const places = { system, fields: listed(titles), model: modelOf(step.key) };
  const own = said ? ` ${say("fault.said", { system, said })}` : "";
  return { detail: say(`fault.${fault}`, places) + own, hint: say(`hint.${fault}`, places) };
}

/** What kind of failure it was, as a sentence, and what to do about it: the server's words where they are the page's. */
export function faultInWords({ fault, detail }, places) {
  if (english || !has(`fault.${fault}`)) return detail;
  return `${say(`fault.${fault}`, places)} ${say(`hint.${fault}`, places)}`;
}

function draw(steps, system, titles, told) {
  const list = slot(screen, "steps");
  const host = hostOf(steps);
  const shown = steps.length > 0 ? steps : [{ key: "queued", title: "", state: "running" }];
  const items = shown.map((step) => {
    const known = [...list.children].find((item) => item.dataset.key === step.key) ?? clone("step");
    const title = titleOf(step, system, host);
    known.dataset.key = step.key;
    if (known.dataset.state !== step.state && step.state !== "waiting" && told) {
      told(say("checking.said", { title, state: stateOf(step.state) }));
    }
    known.dataset.state = step.state;
    return fill(known, { title, state: stateOf(step.state), ...wordsOf(step, system, titles) });
  });
  list.replaceChildren(...items);
}

/**
 * Follows an attempt to its end, whatever the network does meanwhile; answers it. `heard` gets each step whose
 * state changed.
 */
export async function follow(id, { system, titles }, said, heard, stopped) {
  slot(screen, "failure").hidden = true;
  slot(screen, "end").hidden = true;
  slot(screen, "steps").replaceChildren();
  draw([], system, titles);
  const states = new Map();
  let wait = 250;
  for (;;) {
    if (stopped()) return null;
    try {
      const attempt = await ask("GET", `/v1/connect/attempts/${encodeURIComponent(id)}`);
      if (stopped()) return null;
      slot(screen, "offline").hidden = true;
      draw(attempt.steps, system, titles, said);
      for (const { key, state } of attempt.steps) {
        if (states.get(key) !== state) heard({ key, state });
        states.set(key, state);
      }
      if (attempt.status === "succeeded" || attempt.status === "failed") return attempt;
      wait = Math.min(wait + 100, 1500);
    } catch (error) {
      const passing = error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
      if (!passing) throw error;
      slot(screen, "offline").hidden = !(error instanceof Unreachable);
      wait = 2500;
    }
    await pause(wait);
  }
}

/** Shows why an attempt failed, where no step says it already, and offers to correct the details. */
export function failed(attempt) {
  const step = attempt.steps.find(({ state }) => state === "failed");
  const told = step && step.key === attempt.failure?.step && step.detail;
  const box = slot(screen, "failure");
  if (!told && attempt.failure) {
    fill(box, { what: attempt.failure.detail, hint: attempt.failure.hint });
    box.hidden = false;
  }
  slot(screen, "end").hidden = false;
}

/** Shows what was found. */
export function found(list, steps) {
  const readable = steps.filter(({ key, state }) => key.startsWith("permission:") && state === "passed");
  const items = readable.map((step) => {
    const counted = step.total !== undefined;
    const model = modelOf(step.key);
    return fill(clone("found"), {
      total: counted ? number(step.total) : null,
      what: counted ? model : say("done.found", { model: model.charAt(0).toLocaleUpperCase() + model.slice(1) }),
      newest: step.newest ? say("done.newest", { when: ago(Date.parse(step.newest)) }) : null,
    });
  });
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
}
