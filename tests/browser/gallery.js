// Pictures of every page of the dashboard, with a workspace's real data: light and dark, wide and narrow.

import { open } from "./browser.js";
import { furnish, pages, signIn } from "./dashboard.js";
import { startStack } from "./stack.js";

/** Makes them in a folder; how many. */
export async function picture(browser, folder) {
  const stack = await startStack();
  let count = 0;
  try {
    const made = await furnish(stack);
    const all = await pages(stack, made);
    for (const [width, height, scheme] of [[1440, 900, "light"], [1440, 900, "dark"], [360, 740, "light"], [360, 740, "dark"]]) {
      const page = await open(browser, { width, height, scheme });
      const take = async (name, more) => {
        await page.screenshot({ path: `${folder}/dashboard-${name}-${width}-${scheme}.png`, ...more });
        count += 1;
      };
      await page.goto(`${stack.url}/dashboard/sign-in`);
      await take("sign-in");
      await signIn(page, stack);
      for (const [name, path] of Object.entries(all)) {
        await page.goto(stack.url + path);
        await take(name, { fullPage: true });
      }
      await page.goto(`${stack.url}/dashboard/connections/${made.harbour.id}/settings`);
      await page.getByRole("link", { name: "Disconnect…" }).click();
      await page.getByRole("dialog").waitFor();
      await take("disconnect-asked");
      await page.context().close();
    }
  } finally {
    await stack.stop();
  }
  return count;
}
