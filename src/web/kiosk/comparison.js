// Two or more units, estates or districts side by side: a column each, a row for every field of the facts.

import { el } from "/shared/dom.js";

/** The table of a comparison's facts, or null where there are none. */
export function comparison(reply, words) {
  const facts = reply.facts ?? [];
  if (facts.length === 0) return null;
  const subjects = [...new Set(facts.map(subject))];
  const fields = [...new Set(facts.map((fact) => fact.field))];
  const cell = (name, field) => {
    const fact = facts.find((f) => subject(f) === name && f.field === field);
    return el("td", {}, words.value(field, fact?.value));
  };
  return el("div", { class: "comparison" }, el("table", {},
    el("thead", {}, el("tr", {}, el("td"), subjects.map((name) => el("th", { scope: "col" }, heading(name, reply, words))))),
    el("tbody", {}, fields.map((field) =>
      el("tr", { "data-field": field }, el("th", { scope: "row" }, words.field(field)), subjects.map((name) => cell(name, field)))))));
}

/** What a fact is about: a listing by its reference, or a place by its name. */
function subject(fact) {
  return fact.ref ?? fact.subject ?? "";
}

function heading(name, reply, words) {
  const listing = (reply.listings ?? []).find((l) => l.ref === name);
  if (!listing) return words.script(name);
  return [words.text(listing, "estate"), " ", words.unit(listing), el("br"), el("small", {}, listing.ref)];
}
