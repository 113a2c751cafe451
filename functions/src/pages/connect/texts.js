// What the page says. The server wrote the texts of the page's language into it.

import { find } from "./dom.js";

const flow = find("#flow");
const texts = JSON.parse(flow.dataset.texts);

/** The page's language, as Intl takes it. */
export const language = document.documentElement.lang;

/** Whether the page speaks the server's own language. */
export const english = language === "en";

/** Whether there is a text of this name. */
export const has = (name) => Object.hasOwn(texts, name);

/** A text with its places filled. */
export function say(name, places = {}) {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (whole, place) => places[place] ?? whole);
}

const numbers = new Intl.NumberFormat(language);

/** A whole number as people write it: 1,204. */
export const number = (value) => numbers.format(value);

/** How long ago a day was: yesterday, 3 weeks ago. */
export function ago(time, now = Date.now()) {
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(time) - midnight(now)) / 86_400_000);
  if (days > -14) return relative.format(Math.min(days, 0), "day");
  if (days > -60) return relative.format(Math.round(days / 7), "week");
  if (days > -730) return relative.format(Math.round(days / 30.4), "month");
  return relative.format(Math.round(days / 365.25), "year");
}
