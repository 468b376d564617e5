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
  throw refusal(answer, response.headers.get("Retry-After"));
}

function refusal(answer, retryAfter) {
  return new Refusal(String(answer.type ?? "").split(":").pop(), answer.detail ?? "", retryAfter);
}

/** Sends a file as it is; `onProgress` hears which share of it has gone (fetch cannot say that). */
export function send(path, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/agent/api${path}`);
    request.setRequestHeader("X-Branchbox", "1");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (e) => e.total > 0 && onProgress(e.loaded / e.total));
    request.upload.addEventListener("load", () => onProgress(1));
    request.addEventListener("error", () => reject(new Refusal("network", "")));
    request.addEventListener("load", () => {
      const answer = request.response ?? {};
      if (request.status < 300) resolve(answer);
      else reject(refusal(answer, request.getResponseHeader("Retry-After")));
    });
    request.send(file);
  });
}
