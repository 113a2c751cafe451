// The dashboard in a browser: getting in and out, every page for every eye and width, and what its buttons do.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { open, overflow, startBrowser, violations, weigh } from "./browser.js";
import { connect, furnish, pages, settled, signIn, status, until } from "./dashboard.js";
import { startStack } from "./stack.js";

let browser;
let stack;
let made;

before(async () => {
  [browser, stack] = await Promise.all([startBrowser(), startStack()]);
  made = await furnish(stack);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** A page of somebody who is signed in; its console may not complain. */
async function inside(more, use) {
  const page = await open(browser, more);
  try {
    await signIn(page, stack);
    await use(page);
    assert.deepEqual(page.complaints, []);
  } finally {
    await page.context().close();
  }
}

const at = (id, step = "") => `${stack.url}/dashboard/connections/${made[id].id}${step}`;

test("a wrong key is told so, and the right one leads where one wanted to go", async () => {
  const page = await open(browser, { allowed: ["401"] });
  await page.goto(`${stack.url}/dashboard/credits`);
  assert.deepEqual(await violations(page), []);
  const field = page.getByLabel("Workspace key");
  await field.fill("mfk_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("There is no such key").waitFor();
  assert.deepEqual(await violations(page), []);
  await field.fill(stack.workspace_key);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Ledger" }).waitFor();
  const cookies = await page.context().cookies();
  assert.equal(cookies.length, 1);
  assert.equal(cookies[0].httpOnly, true);
  assert.equal(cookies[0].sameSite, "Strict");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out").waitFor();
  await page.goto(`${stack.url}/dashboard`);
  await page.getByLabel("Workspace key").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

for (const scheme of ["light", "dark"]) {
  test(`every page is fit for every eye, ${scheme}`, () =>
    inside({ scheme, allowed: ["404"] }, async (page) => {
      for (const [name, path] of Object.entries(await pages(stack, made))) {
        await page.goto(stack.url + path);
        assert.deepEqual(await violations(page), [], name);
      }
    }));
}

for (const width of [360, 768, 1440]) {
  test(`no page is wider than a window of ${width} pixels`, () =>
    inside({ width, allowed: ["404"] }, async (page) => {
      for (const [name, path] of Object.entries(await pages(stack, made))) {
        await page.goto(stack.url + path);
        assert.ok((await overflow(page)) <= 0, `${name} is ${await overflow(page)} pixels too wide`);
      }
    }));
}

test("every page and all that it loads stay under 60 KB", () =>
  inside({ allowed: ["404"] }, async (page) => {
    const weights = [];
    for (const [name, path] of Object.entries(await pages(stack, made))) {
      const { files, sum } = await weigh(page, () => page.goto(stack.url + path, { waitUntil: "load" }));
      assert.ok(files.length > 1, `${name} loads its styles: ${JSON.stringify(files)}`);
      assert.ok(sum < 60 * 1024, `${name}: ${JSON.stringify(files)}`);
      weights.push([name, sum]);
    }
    const [name, sum] = weights.sort(([, one], [, other]) => other - one)[0];
    console.log(`the heaviest of ${weights.length} pages, ${name}: ${(sum / 1024).toFixed(1)} KB compressed`);
  }));

test("every page is whole without a script", () =>
  inside({ javaScriptEnabled: false, allowed: ["404", "422"] }, async (page) => {
    for (const [name, path] of Object.entries(await pages(stack, made))) {
      await page.goto(stack.url + path);
      assert.ok(await page.locator("h1").count(), name);
    }
    await page.goto(at("harbour", "/settings"));
    await page.getByRole("link", { name: "Erase…" }).click();
    await page.getByLabel(/Type Harbour Foods/).fill("no");
    await page.getByRole("button", { name: "Erase the data" }).click();
    await page.getByText("That is not the name").waitFor();
  }));

test("what needs attention stands first, and a search finds a customer", () =>
  inside({}, async (page) => {
    const attention = page.locator("section", { has: page.getByRole("heading", { name: "Needs attention" }) });
    await attention.getByRole("link", { name: "Meridian Logistics", exact: true }).waitFor();
    await attention.getByRole("link", { name: "Nordwind Textiles", exact: true }).waitFor();
    await page.getByRole("link", { name: "Connections", exact: true }).click();
    await page.getByLabel("Look for a connection").fill("ATLAS");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Atlas Machine Works" }).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 1);
    await page.goto(`${stack.url}/dashboard/connections`);
    await page.getByRole("navigation", { name: "Status" }).getByRole("link", { name: /Unreachable/ }).click();
    await page.getByRole("link", { name: "Nordwind Textiles" }).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 1);
  }));

test("a sync starts at a press, and its end is seen without loading the page again", () =>
  inside({}, async (page) => {
    await page.goto(at("atlas"));
    await page.evaluate(() => (globalThis.stayed = true));
    const runs = async () => (await stack.api("GET", `/v1/connections/${made.atlas.id}/syncs`)).body.data;
    const before = (await runs())[0].finished_at;
    await page.getByRole("button", { name: "Sync now", exact: true }).click();
    await page.getByText("The sync was started").waitFor();
    await page.evaluate(() => (globalThis.stayed = true));
    await until("another run", async () => (await runs())[0].finished_at !== before);
    await settled(stack, made.atlas.id);
    const { body } = await stack.api("PATCH", `/v1/connections/${made.atlas.id}`, { schedule: "6h" });
    assert.equal(body.schedule, "6h");
    await page.locator("#syncs").getByText("Every 6 hours").waitFor();
    assert.equal(await page.evaluate(() => globalThis.stayed), true, "the page was not loaded again");
    assert.ok(!page.url().includes("did="), "what was done is said once");
  }));

test("a field is added to the mapping, refused twice, and taken away", () =>
  inside({ allowed: ["422"] }, async (page) => {
    await page.goto(at("harbour", "/mapping?model=purchase_order"));
    const add = async () => {
      await page.getByLabel("Name", { exact: true }).fill("company");
      await page.getByLabel("Source field").fill("CompanyCode");
      await page.getByRole("button", { name: "Add the field" }).click();
    };
    await add();
    await page.getByText("The field was added").waitFor();
    await page.getByRole("cell", { name: "custom_fields.company Yours" }).waitFor();
    await add();
    await page.getByRole("alert").getByText("Two fields of one model have this name").waitFor();
    await page.getByRole("button", { name: "Remove" }).first().click();
    await page.getByText("The field was removed").waitFor();
    await settled(stack, made.harbour.id);
  }));

test("a record is shown beside its source, stored and live", () =>
  inside({}, async (page) => {
    await page.goto(at("harbour", "/records?model=purchase_order"));
    await page.locator("tbody a").first().click();
    const source = page.locator("#raw");
    await source.getByText("PurchaseOrder").first().waitFor();
    await page.locator("#unified").getByText("vendor").first().waitFor();
    await page.getByRole("link", { name: "Ask the system now" }).click();
    await page.getByText("From the system, just now").waitFor();
    await page.goto(at("nordwind", "/records?model=purchase_order"));
    await page.locator("tbody a").first().click();
    await page.getByRole("link", { name: "Ask the system now" }).click();
    await page.getByText("What was synced is shown").waitFor();
  }));

test("a token is rotated in place, and shown once", () =>
  inside({}, async (page) => {
    await page.goto(at("atlas", "/settings"));
    await page.getByRole("link", { name: "Rotate…" }).click();
    const dialog = page.getByRole("dialog", { name: "Rotate the token" });
    await dialog.waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Rotate…" }).click();
    await dialog.getByRole("link", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Rotate…" }).click();
    await dialog.getByRole("button", { name: "Make a new token" }).click();
    const token = await page.locator("#token").textContent();
    const own = await stack.api("GET", "/v1/connection", undefined, token);
    assert.equal(own.body.id, made.atlas.id);
    await page.goto(at("atlas"));
    assert.ok(!(await page.content()).includes(token));
  }));

test("a repair makes a link for whoever knows the credentials", () =>
  inside({}, async (page) => {
    await page.goto(at("meridian"));
    await page.getByRole("button", { name: "Repair" }).click();
    assert.match(await page.locator("#link").textContent(), /\/connect\/lnk_\w+#token=mfl_/);
  }));

test("data is erased behind its name, and a connection ends with what was said", async () => {
  const gone = await connect(stack, "sap_s4hana", "passing", "Passing Trade", { models: ["vendor"] });
  await settled(stack, gone.id);
  made.passing = gone;
  await inside({ allowed: ["422"] }, async (page) => {
    await page.goto(at("passing", "/settings"));
    await page.getByRole("link", { name: "Erase…" }).click();
    const asked = page.getByRole("dialog", { name: "Erase the data" });
    await asked.getByLabel(/Type Passing Trade/).fill("passing");
    await asked.getByRole("button", { name: "Erase the data" }).click();
    await page.getByText("That is not the name").waitFor();
    await page.getByLabel(/Type Passing Trade/).fill("Passing Trade");
    await page.getByRole("button", { name: "Erase the data" }).click();
    await page.getByText("The data was erased").waitFor();

    await page.goto(at("passing", "/settings"));
    await page.getByRole("link", { name: "Disconnect…" }).click();
    const ending = page.getByRole("dialog", { name: "Disconnect" });
    await ending.getByText("4 credits are free again").waitFor();
    assert.deepEqual(await violations(page), []);
    await ending.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("Its credits are free again").waitFor();
    await status(stack, gone.id, "disconnected");
  });
});

test("an endpoint is added, tried, heard, sent to again and deleted", () =>
  inside({ allowed: ["422"] }, async (page) => {
    const { heard, url } = made.receiver;
    await page.goto(`${stack.url}/dashboard/webhooks`);
    await page.getByRole("link", { name: "Add an endpoint" }).click();
    await page.getByLabel("Address").fill("https://10.0.0.1/");
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Address").fill(`${url}?second`);
    await page.getByLabel(/^Syncs/).check();
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    assert.match(await page.locator("#secret").textContent(), /^whsec_/);
    const before = heard.length;
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("HTTP 200").waitFor();
    await until("the test", () => heard.length > before && heard.at(-1).type === "endpoint.test");
    await page.getByText("What it answered").click();
    await page.getByText("taken").waitFor();
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("It is sent again now").waitFor();
    await until("the same once more", () => heard.length > before + 1);
    await page.getByRole("link", { name: `${url}?second` }).click();
    await page.getByLabel("Which").selectOption("all");
    await page.locator("form", { has: page.getByLabel("Which") }).getByRole("button", { name: "Send again" }).click();
    await page.getByText("The events are being sent again").waitFor();
    await page.getByRole("link", { name: "Delete…" }).click();
    const asked = page.getByRole("dialog", { name: "Delete the endpoint" });
    await asked.waitFor();
    assert.deepEqual(await violations(page), []);
    await asked.getByRole("button", { name: "Delete the endpoint" }).click();
    await page.getByText("The endpoint was deleted").waitFor();
    await page.getByRole("link", { name: made.hears.url, exact: true }).waitFor();
  }));

test("a page of another site can neither frame the dashboard nor send its forms", () =>
  inside({ allowed: ["frame", "403", "ERR_BLOCKED"] }, async (page) => {
    const victim = `${stack.url}/dashboard/connections/${made.atlas.id}/disconnect`;
    // Another host name of this machine is another site, with a page of our own making.
    const elsewhere = stack.url.replace("127.0.0.1", "localhost");
    await page.route(`${elsewhere}/evil`, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<iframe src="${stack.url}/dashboard"></iframe><form method="post" action="${victim}"><button>Win a prize</button></form>`,
      }),
    );
    await page.goto(`${elsewhere}/evil`);
    const frame = page.frames().find((one) => one !== page.mainFrame());
    assert.ok(!(await frame.content().catch(() => "")).includes("Overview"));
    await page.getByRole("button", { name: "Win a prize" }).click();
    await page.waitForLoadState();
    await status(stack, made.atlas.id, "online");
    const { body } = await stack.api("GET", `/v1/connections/${made.atlas.id}`);
    assert.equal(body.status, "online");
    // The session goes on where it belongs, also by a link from elsewhere.
    await page.route(`${elsewhere}/mail`, (route) =>
      route.fulfill({ contentType: "text/html", body: `<a href="${stack.url}/dashboard/credits">Look</a>` }),
    );
    await page.goto(`${elsewhere}/mail`);
    await page.getByRole("link", { name: "Look" }).click();
    await page.getByRole("heading", { name: "Ledger" }).waitFor();
  }));

test("a session that ended leads to the sign-in, also under a page that is open", async () => {
  const page = await open(browser);
  await signIn(page, stack);
  const other = await page.context().newPage();
  await other.goto(`${stack.url}/dashboard`);
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByText("You are signed out").waitFor();
  await page.getByLabel("Workspace key").waitFor();
  await page.context().close();
});

test("another workspace's connection is not there", async () => {
  const { body } = await stack.api("POST", "/v1/workspaces", { name: "Else", credits: 4 }, stack.admin_key);
  const page = await open(browser, { allowed: ["404"] });
  await signIn(page, stack, body.key);
  await page.getByRole("heading", { name: "Nothing is connected yet" }).waitFor();
  assert.deepEqual(await violations(page), []);
  const answer = await page.goto(at("harbour"));
  assert.equal(answer.status(), 404);
  assert.ok(!(await page.content()).includes("Harbour"));
  await page.context().close();
});

test("the calls of the first steps work as they are pasted", () =>
  inside({}, async (page) => {
    await page.goto(`${stack.url}/dashboard/start`);
    const calls = await page.locator("pre code").allTextContents();
    assert.ok(calls.length >= 7, String(calls.length));
    const shell = promisify(execFile)("sh", ["-euc", 'for call in "$@"; do eval "$call"; echo; done', "sh", ...calls]);
    // The first asks for the key.
    shell.child.stdin.end(`${stack.workspace_key}\n`);
    const { stdout } = await shell;
    const answers = stdout.split("\n").filter((line) => line.includes("{")).map((line) => JSON.parse(line.replace(/^Workspace key: /, "")));
    assert.equal(answers.length, calls.length - 1);
    for (const answer of answers) assert.equal(answer.code, undefined, JSON.stringify(answer));
    assert.ok(answers.at(-2).data.length > 0, "records were read");
  }));
