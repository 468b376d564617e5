// Phrases in three languages, one JSON file a language, loaded once each. Elements name theirs:
// data-say="key" (text), data-say-placeholder="key", data-say-label="key" (aria-label).

export const LANGUAGES = ["yue", "cmn", "en"];
const TAGS = { yue: "zh-HK", cmn: "zh-CN", en: "en" };

/** The phrases of one page. */
export class Phrases {
  #folder;
  #loaded = {};
  language = "yue";

  constructor(folder) {
    this.#folder = folder;
  }

  async load() {
    const files = await Promise.all(LANGUAGES.map((l) => fetch(`${this.#folder}/${l}.json`).then((r) => r.json())));
    LANGUAGES.forEach((l, i) => { this.#loaded[l] = files[i]; });
  }

  /** The BCP 47 tag of the page's language. */
  get tag() {
    return TAGS[this.language];
  }

  /** Whether there is such a phrase. */
  has(key) {
    return key in this.#loaded[this.language];
  }

  /** A phrase with its {places} filled. */
  say(key, values = {}) {
    return this.in(this.language, key, values);
  }

  /** The same in another language. */
  in(language, key, values = {}) {
    const phrase = this.#loaded[language]?.[key] ?? key;
    return phrase.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /** Turns a page to a language: the lang attribute, every element that names a phrase, the language buttons. */
  apply(language, root = document) {
    this.language = language;
    document.documentElement.lang = this.tag;
    for (const e of root.querySelectorAll("[data-say]")) e.textContent = this.say(e.dataset.say);
    for (const e of root.querySelectorAll("[data-say-placeholder]")) e.placeholder = this.say(e.dataset.sayPlaceholder);
    for (const e of root.querySelectorAll("[data-say-label]")) e.setAttribute("aria-label", this.say(e.dataset.sayLabel));
    for (const e of root.querySelectorAll("[data-language]")) {
      e.setAttribute("aria-pressed", String(e.dataset.language === language));
    }
  }
}

/** Dates as the page's language writes them in Hong Kong: English has the day first. */
const dates = (tag, style) => new Intl.DateTimeFormat(tag === "en" ? "en-GB" : tag, { ...style, timeZone: "Asia/Hong_Kong" });

/** A date in the page's language: 2026-11-18 as 18 Nov 2026 or 2026年11月18日. */
export function day(text, tag) {
  const date = new Date(text.length === 10 ? `${text}T00:00:00+08:00` : text);
  return dates(tag, { dateStyle: "medium" }).format(date);
}

/** A date and a time in the branch. */
export function moment(text, tag) {
  return dates(tag, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}
