// A picture of every page and screen, light and dark, on a phone and a screen: screenshots/ of the repository.

import { mkdir } from "node:fs/promises";

import { startBrowser } from "./browser.js";
import { picture } from "./gallery.js";
import { startStack } from "./stack.js";
import { visit } from "./tour.js";

const folder = process.argv[2] ?? "screenshots";
await mkdir(folder, { recursive: true });
const stack = await startStack();
const browser = await startBrowser();
let count = 0;
try {
  for (const [width, height, scheme] of [[1440, 900, "light"], [1440, 900, "dark"], [360, 740, "light"], [360, 740, "dark"]]) {
    await visit(stack, browser, { width, height, scheme }, async (name, page) => {
      await page.screenshot({ path: `${folder}/${name}-${width}-${scheme}.png` });
      count += 1;
    });
  }
  count += await picture(browser, folder);
} finally {
  await browser.close();
  await stack.stop();
}
console.log(`${count} pictures in ${folder}/`);
