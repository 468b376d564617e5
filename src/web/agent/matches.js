// The listings that fit what the client wants, under the minutes: public fields only, the saleable area first.

import { byId, el, keep } from "/shared/dom.js";
import { Wording, number } from "/shared/wording.js";

let simplified = null;

/** How the base's Traditional characters are written in Simplified script; asked for once. */
async function table(phrases, listings) {
  if (simplified || phrases.language !== "cmn") return;
  simplified = {};
  simplified = await fetch("/kiosk/simplified").then((r) => r.json()).catch(() => ({}));
  drawMatches(listings, phrases);
}

/** Draws the matching listings ({ total, listings, understood, relaxed }), or nothing where there is no wish to match. */
export function drawMatches(matches, phrases) {
  byId("matches-section").hidden = !matches;
  if (!matches) return;
  table(phrases, matches);
  const words = new Wording(phrases, simplified ?? {});
  const { total, listings, understood, relaxed } = matches;
  byId("matches-title").textContent = phrases.say("matches", { n: total });
  byId("matches-understood").textContent = understood ? phrases.say("matches.understood", { words: understood }) : "";
  byId("matches-more").hidden = total <= listings.length;
  byId("matches-more").textContent = phrases.say("matches.more", { shown: listings.length, n: total });
  byId("matches-relaxed").replaceChildren(...(relaxed ?? []).map((r) => el("li", {}, r.text)));
  const sign = [phrases.language, Object.keys(words.simplified).length];
  keep(byId("matches"), listings.map((listing) => ({
    key: listing.ref,
    sign: JSON.stringify([listing, sign]),
    make: () => match(listing, words),
  })));
}

function match(listing, words) {
  const say = (key, values) => words.say(key, values);
  const sale = listing.deal !== "rent" && listing.sale_price_hkd;
  const rent = listing.deal !== "sale" && listing.monthly_rent_hkd;
  return el("li", { "data-ref": listing.ref },
    el("span", { class: "where" }, el("b", {}, words.text(listing, "estate")), " ", words.unit(listing)),
    el("span", { class: "area", "data-field": "saleable_area_sqft" }, say("field.saleable_area_sqft"), " ", el("b", {}, say("sqft", { area: number(listing.saleable_area_sqft) }))),
    el("span", {}, words.rooms(listing)),
    el("span", { class: "price" }, [sale && say("sale.price", { price: words.money(sale) }), rent && say("rent.price", { amount: number(rent) })].filter(Boolean).join(" · ")),
    el("span", { class: "soft" }, say("reference", { ref: listing.ref })));
}
