// The page that opened the flow in a frame: what it hears, and what it may ask for.
//
// It says its own origin in the fragment. Messages go to that origin only when the link session names it, so
// that the browser itself drops what would reach anybody else; and only that window is listened to.

import { opener } from "./api.js";
import { find } from "./dom.js";

const flow = find("#flow");
const origins = JSON.parse(flow.dataset.origins);

/** Whether the page stands in a frame. */
export const framed = window.parent !== window;

/** Whether the link was made to be opened inside an application. */
export const embedded = origins.length > 0;

const origin = framed && origins.includes(opener) ? opener : null;

/** Whether somebody may hear of what happens here. */
export const heard = origin !== null;

/** Tells the host page something; `type` is `ready`, `event`, `success` or `exit`. */
export function tell(type, content = {}) {
  if (origin) window.parent.postMessage({ manifold: flow.dataset.session, type, ...content }, origin);
}

/** Calls `asked` when the host page wishes to close the flow. */
export function onCloseAsked(asked) {
  window.addEventListener("message", (event) => {
    const ours = origin && event.source === window.parent && event.origin === origin;
    if (ours && event.data?.manifold === flow.dataset.session && event.data.type === "close") asked();
  });
}
