// A listing as a card: its pictures, saleable area first and by its name, then the price, then the rest.

import { el } from "/shared/dom.js";
import { number } from "/shared/wording.js";
import { strip } from "/kiosk/pictures.js";

/** The card of a listing. `touch(ref)` is called when it is chosen; `choice` makes the whole card a choice. */
export function card(listing, words, touch, choice) {
  const say = (key, values) => words.say(key, values);
  const unavailable = listing.status && listing.status !== "available";
  const mtr = words.text(listing, "mtr");
  const rows = [
    [say("field.bedrooms"), words.rooms(listing)],
    [say("field.view"), words.text(listing, "view")],
    [say("field.orientation"), words.text(listing, "orientation")],
    [say("field.mtr"), mtr && (listing.mtr_walk_minutes === null ? mtr : say("mtr.walk", { mtr, n: listing.mtr_walk_minutes }))],
  ];
  const element = el("article", { class: choice ? "card choice" : "card", "data-ref": listing.ref },
    strip(listing, words),
    el("h3", {}, words.text(listing, "estate")),
    el("p", { class: "where" }, [words.unit(listing), words.text(listing, "district")].filter(Boolean).join(" · ")),
    unavailable && el("p", { class: "badge", "data-status": listing.status }, say(`status.${listing.status}`)),
    el("p", { class: "area", "data-field": "saleable_area_sqft" }, say("field.saleable_area_sqft"), " ", el("b", {}, say("sqft", { area: number(listing.saleable_area_sqft) }))),
    ...prices(listing, words),
    el("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    el("button", { type: "button", "data-ask": listing.ref, class: choice ? "strong" : null }, say(choice ? "this.one" : "tell.more")),
    el("p", { class: "source" },
      say("agent", { name: words.text(listing, "agent"), licence: listing.agent_licence }), el("br"),
      say("reference", { ref: listing.ref }), " · ", say("as.of", { date: words.date(listing.updated_at) })));
  const target = choice ? element : element.querySelector("[data-ask]");
  target.addEventListener("click", () => touch(listing.ref));
  return element;
}

function prices(listing, words) {
  const line = (field, value, perFoot) => el("p", { class: "price", "data-field": field }, value, perFoot && el("small", {}, perFoot));
  const sale = listing.deal !== "rent" && listing.sale_price_hkd;
  const rent = listing.deal !== "sale" && listing.monthly_rent_hkd;
  return [
    sale && line("sale_price_hkd", words.say("sale.price", { price: words.money(sale) }), listing.price_psf && words.say("psf", { amount: number(listing.price_psf) })),
    rent && line("monthly_rent_hkd", words.say("rent.price", { amount: number(rent) }), listing.rent_psf && words.say("psf.rent", { amount: number(listing.rent_psf) })),
  ];
}
