// Signing in at the system's own page, in a window of its own. The window tells this page nothing: how it went is
// asked of the API, so that no message of another window is ever believed.

import { Refused, Unreachable, ask } from "./api.js";

const LOOKS = "popup,width=520,height=720";
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Opens an empty window at once, while the click still allows it; null when the browser would not. */
export const openWindow = () => window.open("about:blank", "manifold-sign-in", LOOKS);

/**
 * Waits for the end of a sign-in; answers it, or null when `stopped`. `closed` hears, once, that the window has gone
 * while nothing came back: perhaps the person closed it, perhaps the system only hides it from us.
 */
export async function signedIn(id, opened, closed, stopped) {
  let told = false;
  let gone = 0;
  for (;;) {
    if (stopped()) return null;
    try {
      const now = await ask("GET", `/v1/connect/oauth/${encodeURIComponent(id)}`);
      if (now.status !== "waiting" && now.status !== "returned") {
        opened?.close();
        return now;
      }
      gone = opened?.closed && now.status === "waiting" ? gone + 1 : 0;
      // A moment of patience: what came back last may still be on its way.
      if (gone > 2 && !told) {
        told = true;
        closed();
      }
    } catch (error) {
      const passing = error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
      if (!passing) throw error;
    }
    await pause(700);
  }
}
