// The connect page: one screen after the other, from the choice of a system to the connection.

import { initials } from "../initials.js";
import { Refused, Unreachable, ask, token, wishes } from "./api.js";
import { failed, faultInWords, follow, found, listed } from "./check.js";
import { clone, fill, find, icon, slot } from "./dom.js";
import { Form, guidance, stepsFor } from "./form.js";
import { embedded, framed, heard, onCloseAsked, tell } from "./parent.js";
import { openWindow, signedIn } from "./signin.js";
import { systemsScreen } from "./systems.js";
import { language, say } from "./texts.js";
import { dress } from "./theme.js";
import { forget, remember, remembered } from "./underway.js";

const flow = find("#flow");
const leaving = find("#leave");
const button = (name) => find(`[data-do="${name}"]`, flow);

/** Where the person is, and what was chosen. */
const state = { screen: "loading", session: null, system: null, method: null, form: null, attempt: null, over: false, exit: null };

// ------------------------------------------------------------------ screens

function show(name, { back = null, focus = true } = {}) {
  state.screen = name;
  for (const screen of flow.querySelectorAll("[data-screen]")) screen.hidden = screen.dataset.screen !== name;
  const screen = find(`[data-screen="${name}"]`, flow);
  button("back").hidden = back === null;
  button("back").onclick = back;
  if (focus) find("h1", screen)?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  return screen;
}

const announce = (sentence) => {
  slot(flow, "said").textContent = sentence;
};

/** A screen that only says something. `action` is {label, run}. */
function message(name, { sign = "warning", tone = "warn", places = {}, text = `${name}_text`, action = null } = {}) {
  const screen = show("message");
  const mark = slot(screen, "mark");
  mark.className = `mark ${tone}`;
  mark.replaceChildren(icon(sign));
  fill(screen, { title: say(`message.${name}`), text: say(`message.${text}`, places) });
  const press = slot(screen, "action");
  press.hidden = action === null && !heard;
  press.textContent = action?.label ?? say("message.close");
  press.onclick = action?.run ?? leave;
  state.exit = { code: name, message: say(`message.${name}`) };
  find("h1", screen).focus({ preventScroll: true });
}

/** Says on a screen of its own what went wrong with a call that the flow cannot go on without. */
function stuck(error, again) {
  const retry = { label: say("message.again"), run: again };
  if (error instanceof Unreachable) {
    message("offline", { sign: "offline", action: retry });
    window.addEventListener("online", () => state.screen === "message" && again(), { once: true });
  } else if (error instanceof Refused && (error.status === 401 || error.status === 404)) {
    message("expired", { sign: "clock", text: heard ? "expired_embedded_text" : "expired_text" });
  } else if (error instanceof Refused && error.status === 409) {
    message("gone");
  } else if (error instanceof Refused && error.status === 429) {
    message("busy", { sign: "clock", action: retry });
  } else {
    message("broken", { tone: "bad", places: { id: error.problem?.request_id ?? "–" }, action: retry });
  }
}

function head(screen, title) {
  const { name, vendor } = state.system;
  const logo = initials(name, "large");
  logo.dataset.slot = "logo";
  slot(screen, "logo").replaceWith(logo);
  fill(screen, { title, vendor: vendor === name ? null : vendor });
}

// ------------------------------------------------------------------ the way through

async function begin() {
  show("loading", { focus: false });
  button("leave").hidden = !heard;
  // Also when there is only bad news: the application must not take the flow for blocked.
  tell("ready");
  if (!token) return message("incomplete");
  // A link for an application opens nowhere else, so that what it hands over reaches nobody else.
  if (embedded && !heard) return message("elsewhere");
  try {
    state.session = await ask("GET", "/v1/connect/session");
  } catch (error) {
    return stuck(error, begin);
  }
  const { session } = state;
  const { customer } = session;
  fill(flow, { for: customer?.name ? say("for", { customer: customer.name }) : null });
  if (session.used) return resume() || message("used", { sign: "check", tone: "good" });
  if (session.repair) return open(session.repair.system, session.repair.method);
  if (session.systems.length === 1) return open(session.systems[0].system);
  systemsScreen(session.systems, ({ system }) => open(system));
  return resume() || choose();
}

function choose() {
  state.form = null;
  show("systems", { focus: false });
  find("#search").focus();
}

/** Where one goes back to from a system's first screen: nowhere, when it was the only choice. */
const toSystems = () => (state.session.repair || state.session.systems.length === 1 ? null : choose);

/** A system with its form: in the page's language, where somebody has translated it. */
const formOf = (id) => ask("GET", `/v1/systems/${encodeURIComponent(id)}?lang=${language}`);

async function open(id, method = null) {
  try {
    state.system = await formOf(id);
  } catch (error) {
    return stuck(error, () => open(id, method));
  }
  event("system_selected", { system: id });
  const { methods } = state.system;
  state.method = method ?? methods[0]?.id ?? null;
  const unprepared = methods.length > 1 || stepsFor(state.system, state.method).length > 0;
  if (unprepared && !state.session.repair) prepare();
  else enter(null);
}

function prepare() {
  const screen = show("prepare", { back: toSystems() });
  const { system } = state;
  head(screen, say("prepare.title", { system: system.name }));
  slot(screen, "methods").hidden = system.methods.length < 2;
  const choices = system.methods.map(({ id, title, description }) => {
    const choice = clone("method");
    const radio = find("input", choice);
    radio.checked = id === state.method;
    radio.addEventListener("change", () => {
      state.method = id;
      steps();
    });
    return fill(choice, { title, description });
  });
  slot(screen, "choices").replaceChildren(...choices);
  const steps = () => {
    const list = stepsFor(system, state.method);
    slot(screen, "preparation").hidden = list.length === 0;
    find(".steps-title", screen).textContent = say("prepare.steps", { system: system.name });
    guidance(slot(screen, "steps"), list);
  };
  steps();
  button("prepared").onclick = () => enter(null);
  find("h1", screen).focus({ preventScroll: true });
}

/** The form, with what is to stand in it. */
function enter(values) {
  const { system, session } = state;
  const { repair } = session;
  const toPrepare = () => prepare();
  const prepared = system.methods.length > 1 || stepsFor(system, state.method).length > 0;
  const screen = show("form", { back: prepared && !repair ? toPrepare : toSystems() });
  head(screen, say(repair ? "form.repair_title" : "form.title", { system: system.name }));
  fill(screen, { "repairing-text": repair ? say("form.repair", { system: system.name }) : null });
  slot(screen, "repairing").hidden = !repair;
  slot(screen, "submit").textContent = say(repair ? "form.reconnect" : "form.connect");
  slot(flow, "promise").textContent = say("promise_system", { system: system.name });
  const steps = stepsFor(system, state.method);
  slot(screen, "again").hidden = steps.length === 0;
  slot(screen, "again").open = false;
  find("summary", slot(screen, "again")).lastChild.textContent = say("form.guidance", { system: system.name });
  guidance(slot(screen, "steps"), steps);
  state.form = new Form(system, state.method, inBrowser() ? signIn : submit);
  if (inBrowser()) slot(screen, "submit").textContent = say("signin.continue", { system: system.name });
  slot(screen, "redirect").hidden = !inBrowser();
  slot(screen, "redirect-uri").textContent = session.oauth_redirect_uri;
  if (repair) {
    state.form.put(repair);
    state.form.fix();
  }
  if (values) state.form.put(values);
  const sample = sampleFor();
  slot(screen, "sample").hidden = !sample;
  button("sample").onclick = () => {
    state.form.put(sample);
    slot(screen, "submit").focus();
  };
  if (repair) state.form.entries.find(({ field }) => field.secret)?.input.focus();
  else find("h1", screen).focus({ preventScroll: true });
}

/** Whether the person signs in at the system itself. */
const inBrowser = () => state.system.methods.find(({ id }) => id === state.method)?.browser === true;

/** What the local stack offers for this system and this way to sign in. */
function sampleFor() {
  const samples = state.session.samples?.[state.system.system] ?? [];
  const first = state.system.methods[0]?.id;
  return samples.find(({ method }) => (method ?? first) === state.method);
}

async function submit(values) {
  const { form, system } = state;
  const press = slot(form.screen, "submit");
  press.setAttribute("aria-busy", "true");
  press.disabled = true;
  let id;
  try {
    ({ id } = await ask("POST", "/v1/connect/attempts", { system: system.system, method: state.method, ...values }));
  } catch (error) {
    press.disabled = false;
    press.removeAttribute("aria-busy");
    return refused(form, error);
  }
  press.disabled = false;
  press.removeAttribute("aria-busy");
  form.wipe();
  event("attempt_started", { system: system.system });
  return check(id, values);
}

/** Says in the form why the server would not begin. */
function refused(form, error) {
  if (error instanceof Refused && error.status === 401) return stuck(error, begin);
  if (error instanceof Unreachable) return form.warn(say("message.offline"), say("message.offline_text"));
  const rest = form.blame(error.problem?.errors ?? []);
  if (rest.length > 0) return form.warn(say("form.correct"), rest.join(" "));
  if (!error.problem?.errors) form.warn(error.problem?.detail ?? say("message.broken"), error.problem?.hint);
  return undefined;
}

/** Signs in at the system's own page, which opens in a window; what comes back is an attempt like any other. */
async function signIn(values) {
  const { form, system } = state;
  // Before anything is waited for: browsers open windows only for a click.
  const opened = openWindow();
  const press = slot(form.screen, "submit");
  press.disabled = true;
  let started;
  try {
    started = await ask("POST", "/v1/connect/oauth/start", { system: system.system, method: state.method, ...values });
  } catch (error) {
    opened?.close();
    return refused(form, error);
  } finally {
    press.disabled = false;
  }
  form.wipe();
  if (opened) opened.location.replace(started.url);
  event("sign_in_opened", { system: system.system });
  return away(started, opened, values);
}

/** The screen that waits for the window. */
async function away(started, opened, values) {
  const { system } = state;
  state.attempt = started.id;
  const screen = show("signin");
  head(screen, say("signin.title", { system: system.name }));
  const places = { system: system.name, fields: listed(fields().map(({ title }) => title)) };
  const stand = (name, waits) => {
    fill(screen, { state: say(`signin.${name}`, places), text: say(`signin.${name}_text`, places), said: null });
    slot(screen, "mark").hidden = !waits;
    announce(say(`signin.${name}`, places));
  };
  const open = button("open");
  open.hidden = opened !== null;
  open.onclick = () => {
    open.hidden = true;
    const again = openWindow();
    if (again) again.location.replace(started.url);
    stand("waiting", true);
  };
  button("abandon").onclick = () => {
    state.attempt = null;
    opened?.close();
    correct(values);
  };
  stand(opened ? "waiting" : "blocked", opened !== null);
  let ended;
  try {
    ended = await signedIn(started.id, opened, () => stand("closed", false), () => state.attempt !== started.id);
  } catch (error) {
    return stuck(error, begin);
  }
  if (!ended) return undefined;
  if (ended.status === "started") return check(ended.attempt, values);
  state.attempt = null;
  // What the system does not take of its own is told apart: the person did nothing wrong, and begins again.
  const name = ended.status === "refused" ? "refused" : ended.fault === "unauthorized" ? "not_accepted" : "failed";
  stand(name, false);
  fill(screen, { said: ended.fault && name === "failed" ? faultInWords(ended, places) : ended.detail });
  state.exit = { code: `sign_in_${name}`, message: ended.detail ?? "" };
  event("attempt_failed", { system: system.system, code: `sign_in_${name}` });
  button("abandon").focus();
  return undefined;
}

async function check(id, values = null) {
  const { system } = state;
  remember({ id, system: state.system.system, method: state.method });
  state.attempt = id;
  const screen = show("checking");
  head(screen, say("checking.title", { system: system.name }));
  const step = (one) => event("step", one);
  let attempt;
  try {
    const titles = fields().map(({ title }) => title);
    attempt = await follow(id, { system: system.name, titles }, announce, step, () => state.attempt !== id);
  } catch (error) {
    return stuck(error, () => check(id, values));
  }
  if (!attempt) return undefined;
  state.attempt = null;
  if (attempt.status === "succeeded") return succeed(attempt);
  const failure = attempt.failure ?? {};
  forget();
  event("attempt_failed", { system: system.system, code: failure.code, step: failure.step });
  state.exit = { code: failure.code ?? "failed", message: failure.detail ?? "" };
  failed(attempt);
  fill(screen, { title: say("checking.failed", { system: system.name }) });
  announce(say("checking.failed", { system: system.name }));
  const back = () => correct(values);
  button("correct").onclick = back;
  button("back").hidden = false;
  button("back").onclick = back;
  button("correct").focus();
  return undefined;
}

/** What the chosen way to sign in asks for. */
const fields = () => state.system.methods.find(({ id }) => id === state.method)?.credentials ?? state.system.credentials;

/** Back to the form, filled but for what is secret. */
function correct(values) {
  const shown = fields().filter(({ secret }) => !secret).map(({ key }) => key);
  const credentials = Object.fromEntries(Object.entries(values?.credentials ?? {}).filter(([key]) => shown.includes(key)));
  enter({ settings: values?.settings ?? {}, credentials });
  const empty = state.form.entries.find(({ field, value }) => field.required && value === "");
  (empty ?? state.form.entries[0])?.input.focus();
}

function succeed(attempt) {
  state.over = true;
  state.exit = null;
  const { session, system } = state;
  const screen = show("done");
  fill(screen, {
    title: say(session.repair ? "done.repaired" : "done.title", { system: system.name }),
    text: say("done.text"),
  });
  found(slot(screen, "found"), attempt.steps);
  const finish = button("finish");
  if (heard) {
    finish.onclick = () => tell("exit", { error: null, connected: true });
  } else if (session.redirect_uri) {
    const back = new URL(session.redirect_uri);
    if (attempt.public_token) back.searchParams.set("public_token", attempt.public_token);
    finish.textContent = say("done.return", { host: back.host });
    finish.onclick = () => location.assign(back);
  } else {
    finish.hidden = true;
    fill(screen, { text: `${say("done.text")} ${say("done.close")}` });
  }
  // At once, so that closing the window loses nothing.
  if (attempt.public_token) tell("success", { public_token: attempt.public_token });
  event("connected", { system: system.system });
}

// ------------------------------------------------------------------ a page that is loaded again

/** Goes on with the attempt that was under way when the page was loaded again; null when there is none. */
function resume() {
  const kept = remembered();
  if (!kept) return null;
  const goOn = async () => {
    try {
      state.system = await formOf(kept.system);
      state.method = kept.method;
      await check(kept.id);
    } catch (error) {
      forget();
      stuck(error, begin);
    }
  };
  return goOn();
}

// ------------------------------------------------------------------ leaving

const event = (name, content = {}) => tell("event", { event: { name, ...content } });

function leave() {
  const busy = state.attempt !== null || (state.screen === "form" && state.form?.begun);
  if (busy && !state.over && !leaving.open) leaving.showModal();
  else if (!leaving.open) go();
}

function go() {
  leaving.close();
  tell("exit", { error: state.over ? null : state.exit, connected: state.over });
}

button("leave").addEventListener("click", leave);
find('[data-do="stay"]', leaving).addEventListener("click", () => leaving.close());
find('[data-do="go"]', leaving).addEventListener("click", go);
onCloseAsked(leave);
document.addEventListener("keydown", (pressed) => {
  if (pressed.key === "Escape" && heard && !leaving.open) {
    pressed.preventDefault();
    leave();
  }
});
window.addEventListener("pageshow", (shown) => {
  // Back from the host page out of the browser's cache: what was secret is gone, so begin again.
  if (shown.persisted) location.reload();
});

if (framed) document.body.classList.add("framed");
dress(wishes);
begin();
