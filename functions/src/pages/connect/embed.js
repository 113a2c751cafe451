// Manifold Connect for your own pages:
//
//   <script src="(where Manifold is)/connect.js"></script>
//   const flow = Manifold.open({
//     url,                        // of the link session, as POST /v1/link-sessions answered it
//     onSuccess(publicToken) {},  // hand it to your server, which exchanges it
//     onExit(error) {},           // closed without a connection; error is null or {code, message}
//     onEvent(event) {},          // {name, …}: ready, system_selected, attempt_started, step, attempt_failed, connected
//     language: "de",             // en, de, es or fr; the browser's when left out
//     theme: { mode: "dark", accent: "#0a7d55", radius: "4px" },
//   });
//   flow.close();
//
// The link session must name the origin of your page in `origins`.
(() => {
  "use strict";

  const own = new URL(document.currentScript.src).origin;
  /** How long the flow may take to show itself before it counts as refused by the browser. */
  const PATIENCE = 20_000;

  const STYLE = `
    dialog { border: 0; padding: 0; margin: auto; inline-size: min(30rem, calc(100vw - 2rem)); block-size: min(50rem, calc(100dvh - 3rem)); max-inline-size: none; max-block-size: none; border-radius: 16px; overflow: hidden; background: Canvas; color-scheme: light dark; box-shadow: 0 24px 64px rgb(16 24 40 / 0.28); }
    dialog::backdrop { background: rgb(10 13 20 / 0.55); }
    dialog[open] { animation: rise 200ms cubic-bezier(0.2, 0.7, 0.3, 1); }
    dialog.light { color-scheme: light; }
    dialog.dark { color-scheme: dark; }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; color-scheme: inherit; }
    @keyframes rise { from { opacity: 0; transform: translateY(12px) } }
    @media (max-width: 32rem) {
      dialog { inline-size: 100vw; block-size: calc(100dvh - 1.5rem); margin: auto 0 0; border-radius: 16px 16px 0 0; }
    }
    @media (prefers-reduced-motion: reduce) { dialog[open] { animation: none } }
  `;

  let current = null;

  /** The address of the flow in a frame: looks in the query, what only the page may know in the fragment. */
  function address(options) {
    const url = new URL(options.url);
    if (url.origin !== own || !/^\/connect\/lnk_[\w-]+$/.test(url.pathname)) {
      throw new TypeError(`Manifold.open: \`url\` is the url of a link session, ${own}/connect/lnk_…`);
    }
    const { mode, accent, radius } = options.theme ?? {};
    url.searchParams.set("embedded", "1");
    if (options.language) url.searchParams.set("lang", options.language);
    if (mode) url.searchParams.set("theme", mode);
    const fragment = new URLSearchParams(url.hash.slice(1));
    fragment.set("origin", location.origin);
    if (accent) fragment.set("accent", accent);
    if (radius) fragment.set("radius", radius);
    url.hash = fragment.toString();
    return url;
  }

  function open(options) {
    if (!options || typeof options.url !== "string") {
      throw new TypeError("Manifold.open: `url` is missing; POST /v1/link-sessions answers it.");
    }
    if (current) throw new Error("Manifold.open: a flow is open already; close it first.");
    const url = address(options);
    const session = url.pathname.split("/").pop();
    const call = (name, ...given) => typeof options[name] === "function" && options[name](...given);

    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Connect");
    if (options.theme?.mode) dialog.className = options.theme.mode;
    const frame = document.createElement("iframe");
    frame.title = "Connect";
    frame.referrerPolicy = "no-referrer";
    frame.src = url.href;
    dialog.append(frame);
    root.append(dialog);

    const before = document.documentElement.style.overflow;
    let connected = false;
    let over = false;
    let ready = false;

    /** Ends it; what was in the way of it being open is as before. */
    function end(error) {
      if (over) return;
      over = true;
      current = null;
      clearTimeout(refused);
      window.removeEventListener("message", listen);
      dialog.close();
      host.remove();
      document.documentElement.style.overflow = before;
      if (!connected) call("onExit", error);
    }

    /** The page is asked first: something may be typed that would be lost. */
    function ask() {
      if (!ready) return end(null);
      frame.contentWindow.postMessage({ manifold: session, type: "close" }, own);
      return undefined;
    }

    function listen(event) {
      if (event.source !== frame.contentWindow || event.origin !== own || event.data?.manifold !== session) return;
      const { type } = event.data;
      if (type === "ready") {
        ready = true;
        clearTimeout(refused);
        call("onEvent", { name: "ready" });
      } else if (type === "event") {
        call("onEvent", event.data.event);
      } else if (type === "success") {
        connected = true;
        call("onSuccess", event.data.public_token);
      } else if (type === "exit") {
        end(event.data.error ?? null);
      }
    }

    const refused = setTimeout(
      () => end({ code: "blocked", message: `The flow did not open. Is ${location.origin} among the origins of the link session, and does your page's policy allow frames from ${own}?` }),
      PATIENCE,
    );
    window.addEventListener("message", listen);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      ask();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) ask();
    });
    document.body.append(host);
    document.documentElement.style.overflow = "hidden";
    dialog.showModal();
    frame.focus();
    current = { close: () => end(null) };
    return current;
  }

  window.Manifold = Object.freeze({ open });
})();
