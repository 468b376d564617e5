// Building elements from text, never from markup: what a listing or a transcript holds cannot become a tag.

/** An element with attributes and children; a child is an element or text, and null is left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** What each kept element was made of. */
const signs = new WeakMap();

/**
 * Makes `parent` hold one element for each of `entries` ({ key, sign, make }). An element whose sign is as it was
 * stays untouched, so that a finger, the focus or an open fold on it is not disturbed; a new one in the place of a
 * focused one takes the focus over.
 */
export function keep(parent, entries) {
  const old = new Map(Array.from(parent.children, (e) => [e.dataset.key, e]));
  const wanted = new Set(entries.map((entry) => entry.key));
  for (const [key, element] of old) if (!wanted.has(key)) element.remove();
  let place = parent.firstElementChild;
  for (const { key, sign, make } of entries) {
    const before = old.get(key);
    let element = before;
    if (!before || signs.get(before) !== sign) {
      const focused = before?.contains(document.activeElement) ? document.activeElement.dataset.deed : null;
      element = make();
      element.dataset.key = key;
      signs.set(element, sign);
      if (before) {
        if (before === place) place = element;
        before.replaceWith(element);
      }
      if (focused) (element.querySelector(`[data-deed="${focused}"]`) ?? element.querySelector("button"))?.focus();
    }
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
}
