// The connect flow as a person goes through it; `at` is the page itself, or the frame that it stands in.

import assert from "node:assert/strict";

/** Counts what a person does. */
export class Person {
  constructor(at) {
    this.at = at;
    this.clicks = 0;
    this.fields = 0;
  }

  async click(role, name) {
    this.clicks += 1;
    await this.at.getByRole(role, { name }).first().click();
  }

  async type(label, text) {
    this.fields += 1;
    await this.at.getByLabel(label, { exact: true }).fill(text);
  }

  /** The catalogue, then the preparation, up to the form. */
  async choose(system, method = null) {
    await this.click("button", new RegExp(`^${system}`));
    if (method) await this.click("radio", new RegExp(`^${method}`));
    await this.click("button", "Continue");
  }

  /** Types a sandbox's values into the form, by the labels of the catalogue. */
  async enter(fields, entry) {
    for (const { key, title, advanced } of fields) {
      const value = entry.settings[key] ?? entry.credentials[key];
      if (value === undefined) continue;
      if (advanced) await this.advanced();
      await this.type(title, value);
    }
  }

  async advanced() {
    const summary = this.at.getByText("Advanced", { exact: true });
    if (await summary.evaluate((element) => !element.closest("details").open)) {
      this.clicks += 1;
      await summary.click();
    }
  }

  async connect() {
    await this.click("button", /^(Connect|Reconnect)$/);
  }

  /** Waits for the end of the check: the heading that says how it went. */
  async outcome() {
    const ended = this.at.getByRole("heading", { name: /is connected( again)?$|is not connected yet$/ });
    await ended.waitFor({ timeout: 60_000 });
    return ended.textContent();
  }

  /** The failed step: title, what happened, what to do. */
  async failedStep() {
    const step = this.at.locator('.check-step[data-state="failed"]').first();
    const text = async (slot) => ((await step.locator(`[data-slot="${slot}"]`).textContent()) ?? "").trim();
    return { key: await step.getAttribute("data-key"), title: await text("title"), detail: await text("detail"), hint: await text("hint") };
  }
}

/** All fields of a system and a method, settings first. */
export async function fieldsOf(stack, system, method = null) {
  const { body } = await stack.api("GET", `/v1/systems/${system}`);
  const credentials = body.methods.find(({ id }) => id === method)?.credentials ?? body.credentials;
  return [...body.settings, ...credentials];
}

/** Fails when a page's console complained. */
export const quiet = (page) => assert.deepEqual(page.complaints, []);
