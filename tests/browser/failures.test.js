// Each way in which connecting fails: the step that failed, why, what to do, and the fields as they were.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { open, startBrowser } from "./browser.js";
import { Person, quiet } from "./flow.js";
import { startUntrusted } from "./host.js";
import { startStack } from "./stack.js";

let stack;
let browser;
let untrusted;
before(async () => {
  stack = await startStack();
  untrusted = await startUntrusted();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await untrusted?.stop();
  await stack?.stop();
});

/** Goes to the filled form of SAP. */
async function filled() {
  const { url } = await stack.session({ systems: ["sap_s4hana"] });
  const page = await open(browser);
  await page.goto(url);
  const person = new Person(page);
  await person.click("button", "Continue");
  await person.click("button", "Fill in");
  return { page, person };
}

/** Connecting ends at this step, with words about it; and the form can be corrected. */
async function check({ fault, more, settings = {}, step, detail, hint }) {
  const { page, person } = await filled();
  for (const [label, value] of Object.entries(settings)) await person.type(label, value);
  if (fault) assert.equal((await stack.fault("sap_s4hana", fault, more)).status < 300, true);
  await person.connect();
  assert.equal(await person.outcome(), "SAP S/4HANA Cloud is not connected yet");
  await stack.mend();
  const failed = await person.failedStep();
  assert.equal(failed.key, step, JSON.stringify(failed));
  assert.match(failed.detail, detail);
  assert.match(failed.hint, hint);
  assert.equal((await stack.api("GET", "/v1/connections")).body.data.length, 0, "nothing is kept");
  assert.equal((await stack.api("GET", "/v1/credits")).body.held, 0, "no credit is used");
  await person.click("button", "Check the details");
  assert.equal(await page.getByLabel("User name", { exact: true }).inputValue(), "MANIFOLD_COMM_USER");
  assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "", "what is secret is gone");
  quiet(page);
  await page.context().close();
}

test("bad_credentials", () =>
  check({ fault: "bad_credentials", step: "sign_in", detail: /refuse|not accept|credential/i, hint: /User name|Password|locked/ }));
test("forbidden", () => check({ fault: "forbidden", step: "permission:inventory_level", detail: /permission/, hint: /permission/ }));
test("down", () => check({ fault: "down", step: "sign_in", detail: /./, hint: /port|firewall|running|try again/i }));
test("slow", () => check({ fault: "slow", more: { delay_ms: 26_000 }, step: "sign_in", detail: /20s/, hint: /try again/i }));
test("html", () => check({ fault: "html", step: "permission:inventory_level", detail: /./, hint: /address|web page|log|check/i }));
test("a certificate that nobody trusts", () =>
  check({ settings: { "Instance URL": untrusted.url }, step: "tls", detail: /authority/, hint: /certificate/ }));
test("a host that does not exist", () =>
  check({ settings: { "Instance URL": "https://sap.invalid" }, step: "host", detail: /./, hint: /typing errors/ }));
test("the network goes and comes back in the middle", async () => {
  const { page, person } = await filled();
  page.complaints.push = () => 0;
  await stack.fault("sap_s4hana", "slow", { delay_ms: 700 });
  await person.connect();
  await page.locator('.check-step[data-state="running"]').first().waitFor();
  await page.context().setOffline(true);
  await page.getByText("You seem to be offline.", { exact: false }).waitFor();
  await page.context().setOffline(false);
  assert.equal(await person.outcome(), "SAP S/4HANA Cloud is connected");
  await stack.mend();
});

test("a failure is told in the reader's language", async () => {
  const { url } = await stack.session({ systems: ["sap_s4hana"] });
  const page = await open(browser, { locale: "de" });
  await page.goto(url);
  await page.getByRole("button", { name: "Weiter" }).click();
  await page.getByRole("button", { name: "Ausfüllen" }).click();
  await stack.fault("sap_s4hana", "bad_credentials");
  await page.getByRole("button", { name: "Verbinden", exact: true }).click();
  await page.getByText("SAP S/4HANA Cloud lehnt die Anmeldung ab.", { exact: false }).waitFor();
  await page.getByText(/Prüfen Sie .Benutzername. und .Kennwort./).waitFor();
  await stack.mend();
});
