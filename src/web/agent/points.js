// One point of the minutes as a card: what it says, how sure that is, who reviewed it, its quote, and what an agent
// can do with it.

import { el } from "/shared/dom.js";
import { moment } from "/shared/phrases.js";
import { clock } from "/agent/recorder.js";
import { segmentLine, spokenIn } from "/agent/transcript.js";

/** Added by an agent, and nobody said anything of it since. */
const asAdded = (point) => point.origin === "agent" && point.review?.verdict === "accepted" && !point.review.was;

/** What can be said of a point, by the list that it is in. */
function deedsOf(point, list) {
  if (list === "replaced") return [];
  if (list === "struck") return ["reopen"];
  if (list === "offered" || !point.review) return ["accept", "correct", "strike"];
  return asAdded(point) ? ["correct", "strike"] : ["correct", "reopen"];
}

/** What a point is about: its slot, and its type where no heading says it. */
export function about(point, phrases, typed) {
  const key = `slot.${point.slot}`;
  const slot = point.slot && (phrases.has(key) ? phrases.say(key) : point.slot.replaceAll("_", " "));
  return [typed && phrases.say(`point.${point.type}`), slot, point.polarity === "avoid" && phrases.say("avoid")].filter(Boolean).join(" · ");
}

/** How a point stands: proposed, unsure or worked out; nothing once somebody looked at it. */
export function standing(point, phrases) {
  if (point.review) return "";
  const origin = point.origin === "proposed" ? phrases.say("origin.proposed") : null;
  return [origin, phrases.say(`confidence.${point.confidence}`)].filter(Boolean).join(" · ");
}

/**
 * The card. `view` says what the page knows beside the point: `phrases`, the meeting's `segments`, the `list` it is in,
 * whether it is `playable`, `typed` and `open`; `view.on(deed, point, card, line)` hears what is touched.
 */
export function pointCard(point, view) {
  const { phrases, list } = view;
  const say = (key, values) => phrases.say(key, values);
  const [text, quote] = [`text-${list}-${point.id}`, `quote-${list}-${point.id}`];
  const kind = about(point, phrases, view.typed);
  const note = standing(point, phrases);
  const at = clock(point.at * 1000);
  const card = el("li", { class: "point", "data-id": point.id, "data-type": point.type, "data-slot": point.slot, "data-list": list, "data-origin": point.origin, "data-confidence": point.confidence, "data-verdict": point.review?.verdict },
    el("button", { type: "button", class: "open", "data-deed": "open", "aria-expanded": String(view.open), "aria-controls": quote },
      kind && el("span", { class: "kind" }, kind),
      el("span", { class: "text", id: text }, point.text),
      note && el("span", { class: "standing" }, note)),
    el("div", { class: "deeds" },
      view.playable
        ? el("button", { type: "button", class: "quiet", "data-deed": "play", "data-play": point.id, "aria-label": say("play.from", { at }), "aria-describedby": text }, el("span", { class: "sign", "aria-hidden": "true" }), at)
        : el("time", {}, at),
      ...deedsOf(point, list).map((deed) => el("button", { type: "button", class: "quiet", "data-deed": deed, "aria-describedby": text }, say(`deed.${deed}`)))),
    ...review(point, phrases),
    until(point, view),
    el("ol", { class: "quote", id: quote, hidden: !view.open, "aria-label": say("quote") }, point.segments.map((n) => line(n, view))));
  card.addEventListener("click", (event) => {
    const deed = event.target.closest("[data-deed]")?.dataset.deed;
    if (deed) view.on(deed, point, card, Number(event.target.closest("[data-n]")?.dataset.n));
  });
  return card;
}

/** Opens or folds the quote of a card; says which. */
export function unfold(card) {
  const open = card.querySelector(".quote").hidden;
  card.querySelector(".quote").hidden = !open;
  card.querySelector(".open").setAttribute("aria-expanded", String(open));
  return open;
}

/** Who gave which verdict and when; and what a corrected point was before. */
function review(point, phrases) {
  if (!point.review) return [];
  const { verdict, by, at, was } = point.review;
  return [
    el("p", { class: "review" }, phrases.say(`verdict.${asAdded(point) ? "added" : verdict}`, { by, when: moment(at, phrases.tag) })),
    was && el("p", { class: "review was" }, phrases.say("verdict.was", { text: was.text })),
  ].filter(Boolean);
}

/** When something that was said later took its place. */
function until(point, { segments, phrases }) {
  const segment = segments[point.until];
  return segment ? el("p", { class: "review" }, phrases.say("replaced.until", { at: clock(segment.start_ms) })) : null;
}

function line(n, { segments, phrases, playable }) {
  const segment = segments[n];
  return segment ? el("li", { "data-n": n, lang: spokenIn(segment) }, ...segmentLine(segment, n, phrases, playable).childNodes) : null;
}
