// Systems at which a person signs in themselves: in a window of its own, from a flow on another origin's page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { open, startBrowser } from "./browser.js";
import { Person, quiet } from "./flow.js";
import { startHost } from "./host.js";
import { startStack } from "./stack.js";

const NAME = "Dynamics 365 Business Central";
let stack;
let browser;
let host;
before(async () => {
  stack = await startStack();
  host = await startHost(stack);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await host?.stop();
  await stack?.stop();
});

const ENGLISH = { locale: "en-GB", way: /^Sign in with Microsoft/, next: "Continue", sample: "Fill in", go: `Continue to ${NAME}` };
const GERMAN = { locale: "de-DE", way: /^Mit Microsoft anmelden/, next: "Weiter", sample: "Ausfüllen", go: `Weiter zu ${NAME}` };

/** Goes to the filled form inside an application. */
async function filled(words = ENGLISH) {
  const { url } = await stack.session({ origins: [host.origin], systems: ["dynamics_business_central"] });
  const page = await open(browser, { locale: words.locale });
  await page.goto(host.origin);
  await page.evaluate((given) => window.start(given), { url });
  const frame = page.frameLocator("iframe");
  const person = new Person(frame);
  await person.click("radio", words.way);
  await person.click("button", words.next);
  await person.click("button", words.sample);
  return { page, frame, person, words };
}

/** Presses the button and answers the window that opens. */
async function windowOf({ page, person, words }) {
  const [opened] = await Promise.all([page.waitForEvent("popup"), person.click("button", words.go)]);
  await opened.getByRole("heading", { name: "Sandbox sign-in" }).waitFor();
  return opened;
}

test("a person signs in in a window, and the flow goes on by itself", async () => {
  const flow = await filled();
  await flow.frame.getByText(`${stack.url}/v1/connect/oauth/callback`).waitFor();
  const opened = await windowOf(flow);
  const asked = new URL(opened.url());
  assert.equal(asked.searchParams.get("code_challenge_method"), "S256");
  assert.ok(!opened.url().includes("mfl_"), "the link token went to the system");
  await opened.getByRole("link", { name: "Accept" }).click();
  assert.equal(await flow.person.outcome(), `${NAME} is connected`);
  await assert.doesNotReject(async () => opened.isClosed() || opened.waitForEvent("close"));
  const [[, token]] = await flow.page.evaluate(() => window.heard.filter(([kind]) => kind === "success"));
  const exchanged = await stack.exchange(token);
  const orders = await stack.api("GET", "/v1/purchase-orders?limit=1", undefined, exchanged.body.token);
  assert.equal(orders.status, 200, JSON.stringify(orders.body));
  quiet(flow.page);
});

test("a refusal is explained, and can be thought over", async () => {
  const flow = await filled();
  const opened = await windowOf(flow);
  await opened.getByRole("link", { name: "Cancel" }).click();
  await flow.frame.getByRole("heading", { name: `${NAME} was not allowed` }).waitFor();
  await flow.frame.getByText("User declined to consent", { exact: false }).waitFor();
  await flow.person.click("button", "Check the details");
  await flow.person.click("button", "Fill in");
  const again = await windowOf(flow);
  await again.getByRole("link", { name: "Accept" }).click();
  assert.equal(await flow.person.outcome(), `${NAME} is connected`);
});

test("a code that the system does not take is told as what it is, in the person's language", async () => {
  for (const [words, window, page] of [
    [ENGLISH, "The sign-in was not accepted", `${NAME} did not accept the sign-in`],
    [GERMAN, "Die Anmeldung wurde nicht angenommen", `${NAME} hat die Anmeldung nicht angenommen`],
  ]) {
    const flow = await filled(words);
    const opened = await windowOf(flow);
    // The window says it and is closed, by itself and by the page: held open here, to be read.
    let read;
    const wasRead = new Promise((resolve) => {
      read = resolve;
    });
    await flow.page.context().route("**/v1/connect/oauth/sgn_*", (route) => wasRead.then(() => route.continue()));
    await opened.addInitScript(() => {
      window.close = () => {};
    });
    const state = new URL(opened.url()).searchParams.get("state");
    await opened.goto(`${stack.url}/v1/connect/oauth/callback?code=not-theirs&state=${encodeURIComponent(state)}`);
    await opened.getByRole("heading", { name: window }).waitFor();
    read();
    await flow.frame.getByRole("heading", { name: page }).waitFor();
    await flow.frame.getByText("AADSTS70008", { exact: false }).waitFor();
  }
});

test("an address that nobody made shows a page, and no document of the API", async () => {
  const page = await open(browser, { allowed: ["400", "409"] });
  for (const [path, heading] of [
    ["callback?state=a&state=b", "This address is not right"],
    ["callback?state=%FF", "This window is not the one"],
    ["callback", "This window is not the one"],
    ["start?ticket=a&ticket=b", "This address is not right"],
  ]) {
    await page.goto(`${stack.url}/v1/connect/oauth/${path}`);
    await page.getByRole("heading", { name: heading }).waitFor();
  }
});

test("a window that is closed is explained", async () => {
  const flow = await filled();
  const opened = await windowOf(flow);
  await opened.close();
  await flow.frame.getByRole("heading", { name: "The window was closed" }).waitFor();
  await flow.person.click("button", "Check the details");
  await flow.frame.getByRole("button", { name: `Continue to ${NAME}` }).waitFor();
});

test("what comes back in another browser, or twice, opens nothing", async () => {
  const flow = await filled();
  const opened = await windowOf(flow);
  const back = `${stack.url}/v1/connect/oauth/callback`;
  const state = new URL(opened.url()).searchParams.get("state");
  const other = await open(browser, { allowed: ["409"] });
  await other.goto(`${back}?code=stolen&state=${encodeURIComponent(state)}`);
  await other.getByRole("heading", { name: "This window is not the one" }).waitFor();
  await opened.getByRole("link", { name: "Accept" }).click();
  assert.equal(await flow.person.outcome(), `${NAME} is connected`);
  const again = await flow.page.context().newPage();
  await again.goto(`${back}?code=again&state=${encodeURIComponent(state)}`);
  await again.getByRole("heading", { name: "This window is not the one" }).waitFor();
});
