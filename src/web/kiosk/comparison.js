// Two or more units side by side: a column each, a row for every field of the facts.

import { el } from "/shared/dom.js";

// The heading has the address; the facts say it again for whoever checks the figures of the text.
const ADDRESS = ["floor", "block_zh", "block_en", "unit"];

/** The table of a comparison's facts; null where they are of places, whose facts name no listing (the text does). */
export function comparison(reply, words) {
  const facts = reply.facts ?? [];
  if (facts.length === 0 || facts.some((fact) => !fact.ref)) return null;
  const subjects = [...new Set(facts.map((fact) => fact.ref))];
  const asked = reply.understood?.query?.fields ?? [];
  const shown = (field) => !ADDRESS.includes(field) || asked.includes(field);
  const fields = [...new Set(facts.map((fact) => fact.field))].filter(shown);
  const cell = (name, field) => {
    const fact = facts.find((f) => f.ref === name && f.field === field);
    return el("td", {}, fact ? words.value(field, fact.value) : "—");
  };
  return el("div", { class: "comparison" }, el("table", {},
    el("thead", {}, el("tr", {}, el("td"), subjects.map((name) => el("th", { scope: "col" }, heading(name, reply, words))))),
    el("tbody", {}, fields.map((field) =>
      el("tr", { "data-field": field }, el("th", { scope: "row" }, words.field(field)), subjects.map((name) => cell(name, field)))))));
}

function heading(name, reply, words) {
  const listing = (reply.listings ?? []).find((l) => l.ref === name);
  if (!listing) return words.script(name);
  return [words.text(listing, "estate"), " ", words.unit(listing), el("br"), el("small", {}, listing.ref)];
}
