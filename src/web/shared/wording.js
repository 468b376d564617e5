// The fields of a listing as words in the page's language, for both pages: each brings the phrases of its own.

import { day } from "/shared/phrases.js";

/** A number with commas, one decimal at most. */
export const number = (value) => new Intl.NumberFormat("en-HK", { maximumFractionDigits: 1 }).format(value);

/** What turns the fields of a listing into words, in the page's language. */
export class Wording {
  #phrases;
  /** Traditional characters of the base to Simplified ones. */
  simplified;

  constructor(phrases, simplified) {
    this.#phrases = phrases;
    this.simplified = simplified;
  }

  say(key, values) {
    return this.#phrases.say(key, values);
  }

  get english() {
    return this.#phrases.language === "en";
  }

  /** A text column in the page's language and script. */
  text(listing, column) {
    if (this.english) return listing[`${column}_en`] ?? "";
    return this.script(listing[`${column}_zh`] ?? "");
  }

  /** Chinese text in the page's script. */
  script(text) {
    if (this.#phrases.language !== "cmn") return text;
    return Array.from(text, (c) => this.simplified[c] ?? c).join("");
  }

  /** "8 Kornhill Road, Tower A, 17/F, Flat B" without the estate. */
  unit(listing) {
    const floor = listing.floor === 0 ? this.say("floor.ground") : this.say("floor", { floor: listing.floor });
    const flat = listing.unit ? this.say("flat", { unit: listing.unit }) : "";
    return [this.text(listing, "block"), floor, flat].filter(Boolean).join(this.english ? ", " : " ");
  }

  /** Hong Kong dollars; in Chinese in units of ten thousand where that is exact. */
  money(hkd) {
    if (!this.english && hkd >= 1_000_000 && hkd % 100 === 0) {
      return this.say("money.wan", { wan: new Intl.NumberFormat("en-HK", { maximumFractionDigits: 2 }).format(hkd / 10_000) });
    }
    return this.say("money", { amount: number(hkd) });
  }

  number(value) {
    return number(value);
  }

  rooms(listing) {
    if (listing.bedrooms === 1 && this.#phrases.has("bedroom.one")) return this.say("bedroom.one");
    return listing.bedrooms === 0 ? this.say("studio") : this.say("bedrooms", { n: listing.bedrooms });
  }

  date(text) {
    return day(text, this.#phrases.tag);
  }

  /** The name of a column, or of its median. */
  field(name) {
    if (name.startsWith("median_")) return this.say("median", { field: this.field(name.slice(7)) });
    const key = `field.${name.replace(/_(zh|en)$/, "")}`;
    return this.#phrases.has(key) ? this.say(key) : name.replaceAll("_", " ");
  }

  /** One value of a column. */
  value(name, value) {
    const field = name.replace(/^median_/, "");
    if (value === null || value === undefined || value === "") return this.say("unknown");
    if (field.endsWith("_hkd") || field === "monthly_rent_hkd") return this.money(value);
    if (field === "management_fee_hkd_month") return this.say("a.month", { amount: number(value) });
    if (field === "rates_hkd_quarter") return this.say("a.quarter", { amount: number(value) });
    if (field === "price_psf" || field === "rent_psf") return this.say("money", { amount: number(value) });
    if (field.endsWith("_sqft")) return this.say("sqft", { area: number(value) });
    if (field === "bedrooms" && value === 0) return this.say("studio");
    if (field === "mtr_walk_minutes") return this.say("minutes", { n: value });
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return this.date(value);
    const word = `value.${value}`;
    if (typeof value === "string" && this.#phrases.has(word)) return this.say(word);
    return field.endsWith("_zh") || !this.english ? this.script(String(value)) : String(value);
  }
}
