// Talking to the box: JSON in and out, with the header that says the request comes from this page. A refusal is
// thrown as a `Refusal` with the last word of the problem's type, which the page translates.

export class Refusal extends Error {
  constructor(code, detail, retryAfter) {
    super(detail);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A request to the agent's API; gives the body, or null where there is none. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/agent/api${path}`, {
      method,
      headers: { "X-Branchbox": "1", ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Refusal("network", "");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Refusal(String(answer.type ?? "").split(":").pop(), answer.detail ?? "", response.headers.get("Retry-After"));
}
