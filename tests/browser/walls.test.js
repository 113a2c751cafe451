// Who else may see, frame, hear or use the flow: nobody.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { open, startBrowser } from "./browser.js";
import { Person } from "./flow.js";
import { startHost } from "./host.js";
import { startStack } from "./stack.js";

let stack;
let browser;
let host;
let stranger;
before(async () => {
  stack = await startStack();
  host = await startHost(stack);
  stranger = await startHost(stack, "127.0.0.1");
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await host?.stop();
  await stranger?.stop();
  await stack?.stop();
});

const heading = (at, name) => at.getByRole("heading", { name }).waitFor();

test("the headers let nothing in and nobody frame", async () => {
  const { id, link_token: token } = await stack.session({ origins: [host.origin] });
  const answer = await fetch(`${stack.url}/connect/${id}`);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.ok(!policy.includes("unsafe"), policy);
  assert.ok(policy.endsWith(`frame-ancestors ${host.origin}`), policy);
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("set-cookie"), null, "the framed page uses no cookie");
  const text = await answer.text();
  assert.ok(!text.includes(token), "the server never sees the token");
  const hosted = await stack.session();
  const alone = await fetch(`${stack.url}/connect/${hosted.id}`);
  assert.match(alone.headers.get("content-security-policy"), /frame-ancestors 'none'/);
  const none = await fetch(`${stack.url}/connect/lnk_nobody`);
  assert.match(none.headers.get("content-security-policy"), /frame-ancestors 'none'/);
});

test("a page on a foreign origin cannot frame it, and hears nothing", async () => {
  const { url } = await stack.session({ origins: [host.origin] });
  const page = await open(browser, { allowed: ["frame-ancestors", "Framing"] });
  await page.goto(stranger.origin);
  await page.evaluate((given) => (window.options = given), { url });
  await page.getByRole("button", { name: "Connect your ERP" }).click();
  await page.waitForEvent("console", { predicate: (line) => line.text().includes("frame-ancestors"), timeout: 15_000 }).catch(() => {});
  const frame = page.frames().find((one) => one !== page.mainFrame());
  assert.equal(await frame.evaluate(() => location.origin), "null", "the browser shows its own page instead");
  assert.deepEqual(await page.evaluate(() => window.messages), []);
  // Pretending to be the application does not help: the browser knows who frames.
  const pretended = `${url}&origin=${encodeURIComponent(host.origin)}`;
  await page.evaluate((address) => {
    const frame = document.createElement("iframe");
    frame.src = address;
    document.body.append(frame);
    return new Promise((resolve) => (frame.onload = resolve));
  }, pretended);
  for (const one of page.frames().slice(1)) assert.equal(await one.evaluate(() => location.origin), "null");
  assert.deepEqual(await page.evaluate(() => window.messages), []);
});

test("messages that others send are not listened to", async () => {
  const { url, id } = await stack.session({ origins: [host.origin] });
  const page = await open(browser);
  await page.goto(host.origin);
  await page.evaluate((given) => window.start(given), { url });
  const frame = page.frameLocator('iframe[title="Connect"]');
  await frame.getByRole("searchbox").waitFor();
  // A frame of the application itself plays the flow, and the flow's own window is told to close by a third.
  await page.evaluate((session) => {
    window.postMessage({ manifold: session, type: "success", public_token: "mfp_forged" }, "*");
    const forger = document.createElement("iframe");
    forger.srcdoc = `<script>parent.postMessage({ manifold: "${session}", type: "exit", error: null }, "*");
      parent.frames[0] && parent.frames[0].postMessage({ manifold: "${session}", type: "close" }, "*");<\/script>`;
    document.body.append(forger);
    return new Promise((resolve) => (forger.onload = resolve));
  }, id);
  await frame.getByRole("searchbox").fill("still here");
  assert.deepEqual(await page.evaluate(() => window.heard.filter(([kind]) => kind !== "event")), []);
});

test("a link for an application opens nowhere else", async () => {
  const { url } = await stack.session({ origins: [host.origin] });
  const page = await open(browser);
  await page.goto(url);
  await heading(page, "This opens in another application");
});

test("connect.js opens nothing but link sessions of its own deployment", async () => {
  const page = await open(browser);
  await page.goto(host.origin);
  const tried = (url) => page.evaluate((given) => {
    try {
      window.Manifold.open({ url: given });
      return "opened";
    } catch (error) {
      return error.message;
    }
  }, url);
  assert.match(await tried("https://evil.example/connect/lnk_1#token=mfl_1"), /url. is the url of a link session/);
  assert.match(await tried(`${stack.url}/v1/connections`), /url. is the url of a link session/);
  assert.match(await tried(undefined), /url. is missing/);
});

test("what a success leaves behind opens nothing twice", async () => {
  const session = await stack.session({ systems: ["sap_s4hana"], redirect_uri: "https://app.example.test/back" });
  const page = await open(browser);
  await page.goto(session.url);
  const person = new Person(page);
  await person.click("button", "Continue");
  await person.click("button", "Fill in");
  await person.connect();
  await person.outcome();
  // Loaded again by the same person, it still says what was found.
  await page.reload();
  await heading(page, "SAP S/4HANA Cloud is connected");
  const other = await open(browser);
  await other.goto(session.url);
  await heading(other, "This link has been used");
  const again = await stack.api("POST", "/v1/connect/attempts", { system: "sap_s4hana", settings: {}, credentials: {} }, session.link_token);
  assert.equal(again.status, 409);
});

test("what is wrong with a link is said", async () => {
  const page = await open(browser, { allowed: ["401"] });
  const { url, id } = await stack.session();
  await page.goto(`${stack.url}/connect/${id}`);
  await heading(page, "This link is not complete");
  const wrong = `mfl_${"0".repeat(36)}`;
  await page.goto(`${stack.url}/connect/${id}#token=${wrong}`);
  await page.reload();
  await heading(page, "This link is no longer valid");
  const offline = await open(browser, { allowed: ["ERR_"] });
  await offline.route("**/v1/connect/session", (route) => route.abort("internetdisconnected"));
  await offline.goto(url);
  await heading(offline, "You are offline");
  await offline.unroute("**/v1/connect/session");
  await offline.getByRole("button", { name: "Try again" }).click();
  await heading(offline, "Which system do you use?");
});

test("without JavaScript the page says so", async () => {
  const { url } = await stack.session();
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(url);
  await heading(page, "This page needs JavaScript");
});
