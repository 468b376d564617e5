// The field of a form that fits what a slot holds, and reading it back as the box takes it.

import { el } from "/shared/dom.js";
import { Wording } from "/shared/wording.js";

/** The page shows Hong Kong's time, so that is what is typed; it has had no summer time since 1979. */
const OFFSET_MS = 8 * 3600_000;
const OFFSET = "+08:00";
/** Kinds that are whole numbers, and the phrase of their unit. */
const UNITS = { number: null, money: "unit.money", area: "unit.area", minutes: "unit.minutes", years: "unit.years" };
/** Longest text that a point can be about, in characters. */
const TEXT_LENGTH = 200;

/** A label with a field in it; a field without a label of its own stands bare. */
const labelled = (label, ...fields) => el("label", {}, el("span", {}, label), ...fields);

/**
 * The field of a slot of the vocabulary, holding `value`: `{ element, read }`; `read()` gives the value, null where it
 * is left empty, undefined where the slot holds none. What cannot be sent is said by the browser at the field.
 */
export function fieldOf(slot, value, required, phrases) {
  const say = (key, values) => phrases.say(key, values);
  const own = `form.value.${slot.kind}`;
  const label = [say(phrases.has(own) ? own : "form.value"), slot.optional && say("form.optional")].filter(Boolean).join(" ");
  const plain = (attributes, read) => {
    const input = el("input", { id: "point-value", required, ...attributes });
    return { element: labelled(label, input), read: () => (input.value === "" ? null : read(input.value)) };
  };
  switch (slot.kind) {
    case "flag": return { element: "", read: () => undefined };
    case "choice": return choice(slot, value, label, required, phrases);
    case "place": return place(slot, value, label, required, phrases);
    case "date": return plain({ type: "date", value }, (text) => text);
    case "time": {
      const there = typeof value === "string" && !Number.isNaN(Date.parse(value));
      const local = there ? new Date(Date.parse(value) + OFFSET_MS).toISOString().slice(0, 16) : null;
      return plain({ type: "datetime-local", value: local }, (text) => `${text.slice(0, 16)}:00${OFFSET}`);
    }
    case "text": return plain({ type: "text", maxlength: TEXT_LENGTH, value: typeof value === "string" ? value : null }, (text) => text.trim());
    default: return count(slot, value, label, required, phrases);
  }
}

function count(slot, value, label, required, phrases) {
  const unit = UNITS[slot.kind];
  const input = el("input", { id: "point-value", type: "number", inputmode: "numeric", min: "0", step: "1", required, value: typeof value === "number" ? value : null });
  const words = new Wording(phrases, {});
  // Seven noughts are easily miscounted: a sum is said in words beside its field.
  const sum = el("output", { class: "soft", for: "point-value" });
  const tell = () => { sum.textContent = slot.kind === "money" && input.value ? words.money(Number(input.value)) : ""; };
  input.addEventListener("input", tell);
  tell();
  const element = labelled(label, el("span", { class: "with-unit" }, slot.kind === "money" ? [el("span", {}, phrases.say(unit)), input] : [input, unit && el("span", {}, phrases.say(unit))], sum));
  return { element, read: () => (input.value === "" ? null : Number(input.value)) };
}

/** What can be chosen; what the point holds stays a choice even where it is no other's. */
function choicesOf(slot, value) {
  const choices = slot.choices ?? [];
  return typeof value !== "string" || choices.some((c) => c.value === value) ? choices : [...choices, { value, label: value }];
}

function choice(slot, value, label, required, phrases) {
  const select = el("select", { id: "point-value", required });
  const choices = choicesOf(slot, value);
  select.append(el("option", { value: "" }, phrases.say("form.choose")), ...choices.map((c, n) => el("option", { value: n }, c.label)));
  const now = choices.findIndex((c) => c.value === value);
  select.value = now < 0 ? "" : String(now);
  return { element: labelled(label, select), read: () => choices[Number(select.value || NaN)]?.value ?? null };
}

/** A place is typed or chosen; only one of the base is taken. */
function place(slot, value, label, required, phrases) {
  const choices = choicesOf(slot, value);
  const known = new Map(choices.flatMap((c) => [[c.value.toLowerCase(), c.value], [c.label.toLowerCase(), c.value]]));
  const input = el("input", { id: "point-value", type: "text", list: "point-places", autocomplete: "off", required, value: choices.find((c) => c.value === value)?.label });
  const find = () => known.get(input.value.trim().toLowerCase());
  const check = () => input.setCustomValidity(input.value.trim() === "" || find() !== undefined ? "" : phrases.say("form.place"));
  input.addEventListener("input", check);
  check();
  const list = el("datalist", { id: "point-places" }, choices.map((c) => el("option", { value: c.label })));
  return { element: labelled(label, input, list), read: () => find() ?? null };
}
