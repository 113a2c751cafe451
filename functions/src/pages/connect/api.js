// Calls of Manifold's API with the link token, which stands in the fragment and goes nowhere else.

const fragment = new URLSearchParams(location.hash.slice(1));

/** The link token; null when the address is not whole. */
export const token = /^mfl_[0-9A-Za-z]+$/.test(fragment.get("token") ?? "") ? fragment.get("token") : null;

/** Who opened the flow in a frame, as it says itself; what it may hear is decided in parent.js. */
export const opener = fragment.get("origin");

/** Colours and the like that the opener wishes. */
export const wishes = fragment;

/** No answer came: without a network, or the server is not there. */
export class Unreachable extends Error {}

/** An answer that says what went wrong. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

/** Asks the API; answers what it said, or throws Unreachable or Refused. */
export async function ask(method, path, body) {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  if (body) headers["content-type"] = "application/json";
  let answer;
  let said;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(30_000),
    });
    said = await answer.text();
  } catch (error) {
    throw new Unreachable(String(error));
  }
  let read = {};
  try {
    read = JSON.parse(said);
  } catch {
    // A gateway's own error page: the status says enough.
  }
  if (!answer.ok) throw new Refused(answer.status, read);
  return read;
}
