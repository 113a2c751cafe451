// The form of a system, built from its manifest, and checked as one types with the manifest's own words.

import { clone, fill, find, slot } from "./dom.js";
import { english, has, say } from "./texts.js";

const LONGEST = 16_384;

/** Expressions are written for the server; one that a browser does not take is left to the server. */
function expression(pattern) {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {
      // Tried without.
    }
  }
  return null;
}

const isAddress = (text) => {
  try {
    const url = new URL(text.includes("://") ? text : `https://${text}`);
    return ["https:", "http:"].includes(url.protocol) && url.hostname !== "";
  } catch {
    return false;
  }
};

/** One field on the screen. */
class Entry {
  constructor(field, part) {
    this.field = field;
    /** `settings` or `credentials`. */
    this.part = part;
    this.element = clone("field");
    this.touched = false;
    const id = `${part}-${field.key}`;
    this.input = this.#control(id);
    find("label", this.element).htmlFor = id;
    const help = [field.description, this.#usually()].filter(Boolean).join(" ");
    fill(this.element, { label: field.title, help });
    slot(this.element, "optional").hidden = field.required;
    slot(this.element, "help").id = `${id}-help`;
    slot(this.element, "problem").id = `${id}-problem`;
    this.input.setAttribute("aria-describedby", `${id}-help ${id}-problem`);
    this.pattern = field.pattern ? expression(field.pattern) : null;
    this.input.addEventListener("blur", () => {
      this.touched ||= this.input.value !== "";
      this.show();
    });
    this.input.addEventListener("input", () => this.show());
  }

  #control(id) {
    const { field } = this;
    const group = slot(this.element, "group");
    let input;
    if (field.choices?.length) {
      input = document.createElement("select");
      for (const choice of field.choices) {
        input.append(new Option(has(`form.${choice}`) ? say(`form.${choice}`) : choice, choice));
      }
      input.value = field.default ?? field.choices[0];
    } else if (field.example.startsWith("-----BEGIN")) {
      input = document.createElement("textarea");
      input.rows = 5;
    } else {
      input = document.createElement("input");
      input.type = field.secret ? "password" : "text";
    }
    Object.assign(input, { id, name: field.key, required: field.required, className: "input", spellcheck: false });
    input.setAttribute("autocapitalize", "none");
    // Browsers would offer the person's own password of Manifold's host.
    input.setAttribute("autocomplete", field.secret ? "new-password" : "off");
    if (input.type !== "select-one") input.placeholder = field.example;
    group.append(input);
    if (input.type === "password") group.append(this.#reveal(group));
    return input;
  }

  #reveal(group) {
    group.classList.add("reveal");
    const button = clone("reveal");
    button.addEventListener("click", () => {
      const shown = this.input.type === "text";
      this.input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
      button.textContent = say(shown ? "form.show" : "form.hide");
    });
    button.setAttribute("aria-label", `${say("form.show")}: ${this.field.title}`);
    return button;
  }

  /** What applies when nothing is entered; a template over other fields says nothing to people. */
  #usually() {
    const usual = this.field.default;
    return usual && !this.field.choices?.length && !usual.includes("{") ? `${say("form.usually", { default: usual })}.` : null;
  }

  get value() {
    return this.field.secret ? this.input.value.replace(/^[\r\n\t]+|[\r\n\t]+$/g, "") : this.input.value.trim();
  }

  set value(text) {
    this.input.value = text;
  }

  /** What is wrong with the value; null when nothing is. */
  problem() {
    const { field, value } = this;
    if (value === "") return field.required ? say("form.missing", { title: field.title }) : null;
    if (value.length > LONGEST) return say("form.too_long");
    if (/^(instance|token)_url$/.test(field.key) && !isAddress(value)) return say("form.not_an_address");
    if (this.pattern && !this.pattern.test(value)) return say("form.wrong", { example: field.example });
    return null;
  }

  /** Shows what is wrong: from the first time that the field was left, or `said` by the server. */
  show(said = null) {
    const problem = said ?? (this.touched ? this.problem() : null);
    this.input.setAttribute("aria-invalid", String(problem !== null));
    fill(this.element, { "problem-text": problem });
    slot(this.element, "problem").hidden = problem === null;
  }
}

/** The form of one system and one way to sign in. */
export class Form {
  constructor(system, method, submitted) {
    this.screen = find('[data-screen="form"]');
    const credentials = system.methods.find(({ id }) => id === method)?.credentials ?? system.credentials;
    this.entries = [
      ...system.settings.map((field) => new Entry(field, "settings")),
      ...credentials.map((field) => new Entry(field, "credentials")),
    ];
    const elements = (wanted) => this.entries.filter(({ field }) => field.advanced === wanted).map(({ element }) => element);
    slot(this.screen, "fields").replaceChildren(...elements(false));
    slot(this.screen, "advanced-fields").replaceChildren(...elements(true));
    slot(this.screen, "advanced").hidden = elements(true).length === 0;
    slot(this.screen, "advanced").open = false;
    slot(this.screen, "problem").hidden = true;
    slot(this.screen, "form").onsubmit = (event) => {
      event.preventDefault();
      if (this.#check()) submitted(this.values());
    };
  }

  /** Fields that cannot change, of a connection that exists. */
  fix() {
    for (const { field, input } of this.entries) {
      if (field.identifies) input.readOnly = true;
    }
  }

  /** Puts values in, and opens what would hide them. */
  put(values) {
    for (const entry of this.entries) {
      const value = values[entry.part]?.[entry.field.key];
      if (value === undefined) continue;
      entry.value = value;
      entry.show();
      const usual = entry.field.default ?? "";
      if (entry.field.advanced && value !== usual) slot(this.screen, "advanced").open = true;
    }
  }

  /** Whether somebody has typed anything. */
  get begun() {
    return this.entries.some(({ input }) => input.value !== "" && input.tagName !== "SELECT" && !input.readOnly);
  }

  /** What was entered; what is empty is left out. */
  values() {
    const values = { settings: {}, credentials: {} };
    for (const { part, field, value } of this.entries) {
      if (value !== "") values[part][field.key] = value;
    }
    return values;
  }

  /** Forgets what is secret. */
  wipe() {
    for (const entry of this.entries) {
      if (!entry.field.secret) continue;
      entry.value = "";
      entry.touched = false;
      entry.show();
    }
  }

  /** Shows what the server said about fields; answers what belongs to none. */
  blame(errors) {
    const rest = [];
    for (const { pointer, detail } of errors) {
      const [, part, key] = pointer.split("/");
      const entry = this.entries.find((one) => one.part === part && one.field.key === key);
      // The server speaks English.
      if (entry) entry.show(english ? detail : (entry.problem() ?? say("form.wrong", { example: entry.field.example })));
      else rest.push(detail);
    }
    this.#open();
    return rest;
  }

  /** Says above the fields what went wrong, and goes there. */
  warn(what, hint = null) {
    const box = slot(this.screen, "problem");
    fill(box, { what, hint });
    box.hidden = false;
    box.focus();
  }

  #check() {
    for (const entry of this.entries) {
      entry.touched = true;
      entry.show();
    }
    slot(this.screen, "problem").hidden = true;
    return this.#open();
  }

  /** Goes to the first field that something is wrong with; true when there is none. */
  #open() {
    const first = this.entries.find(({ input }) => input.getAttribute("aria-invalid") === "true");
    if (!first) return true;
    if (first.field.advanced) slot(this.screen, "advanced").open = true;
    first.input.focus();
    return false;
  }
}

/** Numbered steps of preparing a system. */
export function guidance(list, steps) {
  list.replaceChildren(...steps.map(({ title, text }) => fill(clone("guidance"), { title, text })));
}

/** The steps for one way to sign in. */
export const stepsFor = (system, method) =>
  (system.guidance ?? []).filter(({ methods }) => !methods?.length || methods.includes(method));

