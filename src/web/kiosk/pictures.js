// The pictures of a listing: a strip to swipe through on its card, and any of them over the whole screen.

import { byId, el } from "/shared/dom.js";

/** The strip; null where no picture is here. */
export function strip(listing, words) {
  const say = (key, values) => words.say(key, values);
  const estate = words.text(listing, "estate");
  let photo = 0;
  const pictures = (listing.pictures ?? []).map(({ kind, url, width, height }) => {
    const plan = kind === "floor_plan";
    const name = plan ? say("floor.plan") : say("photo", { n: (photo += 1) });
    const alt = say("picture.of", { picture: name, estate });
    const image = el("img", { src: url, alt, width, height, loading: "lazy", decoding: "async" });
    const button = el("button", { type: "button", class: "picture", "data-kind": kind },
      image, plan && el("span", { class: "label", "aria-hidden": "true" }, name));
    button.addEventListener("click", (event) => {
      event.stopPropagation(); // the card may be a choice
      enlarge(image, alt, button);
    });
    // It may have gone in between: then nothing stands in its place.
    image.addEventListener("error", () => button.remove());
    return button;
  });
  return pictures.length > 0 ? el("div", { class: "pictures" }, pictures) : null;
}

/** What has the focus again when the large picture is closed. */
let opener = null;

function enlarge(image, alt, button) {
  opener = button;
  byId("enlarged-picture").replaceChildren(el("img", { src: image.src, alt, width: image.getAttribute("width"), height: image.getAttribute("height") }));
  byId("enlarged-words").textContent = alt;
  byId("enlarged").hidden = false;
  byId("shrink").focus();
}

/** Closes the large picture, where one is open. */
export function shrink() {
  if (byId("enlarged").hidden) return;
  byId("enlarged").hidden = true;
  byId("enlarged-picture").replaceChildren();
  if (opener?.isConnected) opener.focus();
  opener = null;
}

/** Whatever is touched closes it. */
export function wireEnlarged() {
  byId("enlarged").addEventListener("click", shrink);
  addEventListener("keydown", (event) => { if (event.key === "Escape") shrink(); });
}
