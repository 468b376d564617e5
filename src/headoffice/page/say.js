// What every part of the head-office page uses: the chosen language and its phrases, figures and times in it, elements,
// requests, and the question before what cannot be undone. Text is only ever set as text, never as markup.

export const OURS = { "X-Branchbox": "1" };
export const LOCALES = { yue: "zh-Hant-HK", cmn: "zh-Hans-CN", en: "en-HK" };
/** What the page is drawn from: the last overview, and how to fetch a new one (page.js sets it). */
export const state = { overview: null, refresh: async () => {} };
let language = "en";
let phrases = {};
/** Why something was not done, by code. */
let reasons = {};

export const $ = (id) => document.getElementById(id);

export async function speak(wanted) {
  [phrases, reasons] = await Promise.all(["phrases", "reasons"].map((file) => call(`${file}/${wanted}.json`)));
  language = wanted;
}
export const spoken = () => language;
export const locale = () => LOCALES[language];

const fill = (phrase, blanks) => phrase.replace(/\{(\w+)\}/g, (_, name) => String(blanks[name] ?? ""));
export const say = (key, blanks = {}) => fill(phrases[key] ?? key, blanks);
/** Why something was not done: `{ code, args, reason }`, where a value may be such a reason, too. A code that is not known
 *  here is told by its English sentence. */
export function why({ code, args, reason }) {
  if (!(code in reasons)) return reason;
  const told = ([name, value]) => [name, value?.code ? why(value) : value];
  return fill(reasons[code], Object.fromEntries(Object.entries(args).map(told)));
}
export function known(key, fallback) {
  return key in phrases ? phrases[key] : fallback;
}
export const number = (value) => new Intl.NumberFormat(locale()).format(value);

function format(text, how) {
  return new Intl.DateTimeFormat(locale(), { ...how, timeZone: "Asia/Hong_Kong" }).format(new Date(text));
}
export const at = (text) => format(text, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const date = (text) => format(text, { year: "numeric", month: "short", day: "numeric" });
export function ago(text) {
  const seconds = Math.max(0, (new Date(state.overview.now) - new Date(text)) / 1000);
  const [unit, size] = seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60]
    : seconds < 129600 ? ["hour", 3600] : ["day", 86400];
  return new Intl.RelativeTimeFormat(locale()).format(-Math.round(seconds / size), unit);
}

export function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  if (className) element.className = className;
  return element;
}
export const pill = (text, kind) => make("span", text, kind ? `pill ${kind}` : "pill");
export function button(text, key, act, className) {
  const element = make("button", text, className);
  element.type = "button";
  element.dataset.key = key;
  element.addEventListener("click", act);
  return element;
}
export function option(value, text) {
  const element = make("option", text);
  element.value = value;
  return element;
}
/** A tick that changes something at once; where that is refused, it goes back. */
export function checkbox(text, key, checked, act) {
  const label = make("label", null, "check");
  const box = make("input");
  box.type = "checkbox";
  box.toggleAttribute("checked", checked);
  box.dataset.key = key;
  box.addEventListener("change", async () => {
    const wanted = box.checked;
    if (await act(wanted)) box.checked = !wanted;
  });
  label.append(box, make("span", text));
  return label;
}
/** Rows of texts as a table with these headings. */
export function table(headings, rows) {
  const element = make("table");
  const head = make("tr");
  head.append(...headings.map((key) => {
    const th = make("th", say(key));
    th.scope = "col";
    return th;
  }));
  element.append(head, ...rows.map((cells) => {
    const row = make("tr");
    row.append(...cells.map((cell) => {
      const td = make("td");
      td.append(cell);
      return td;
    }));
    return row;
  }));
  return element;
}
/** Rows as a file that Excel opens with the right characters, and that it takes for no formula. */
export function csvLink(phrase, file, rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  const text = rows.map((row) => row.map(cell).join(",")).join("\r\n");
  const link = make("a", say(phrase));
  link.href = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }));
  link.download = file;
  return link;
}

/** Sets a text that is read aloud when it changes: only when it does. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
/** Draws anew what has changed, without taking the keyboard's place or a selection away. */
export function redraw(target, children) {
  const drawn = children.map((child) => child.outerHTML).join("");
  if (target.drawn === drawn) return;
  target.drawn = drawn;
  const key = target.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  target.replaceChildren(...children);
  if (key) target.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
export function tell(box, problem) {
  box.hidden = !problem;
  put(box, problem ?? "");
}

export async function call(path, options = {}) {
  const response = await fetch(path, options);
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    const sentence = () => (problem.why ? why(problem.why) : problem.detail ?? response.statusText);
    throw Object.assign(new Error(sentence()), { sentence });
  }
  return response.status === 204 ? null : response.json();
}
export function send(path, method, body) {
  const headers = body === undefined ? OURS : { ...OURS, "Content-Type": "application/json" };
  return call(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}
/** Changes something and fetches how it stands then; the sentence that says why not, or null. */
export async function change(path, method, body) {
  try {
    await send(path, method, body);
    await state.refresh();
    return null;
  } catch (e) {
    return e.message;
  }
}

/** Asks before what cannot be undone. Escape and "Cancel" are no. The browser's own window would speak its language. */
export function sure(question, yes) {
  const dialog = $("sure");
  $("sure-text").textContent = question;
  $("sure-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}
