// A picture opens large over the page, and keys lead through it; without this script links and forms do the same.
"use strict";

let dialog = null;

function build() {
  dialog = document.createElement("dialog");
  const image = document.createElement("img");
  const form = document.createElement("form");
  const words = document.createElement("p");
  const close = document.createElement("button");
  form.method = "dialog";
  close.textContent = "Close";
  form.append(words, close);
  dialog.append(image, form);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) show(neighbour(step));
  });
  document.body.append(dialog);
}

let current = null;

function neighbour(step) {
  const all = [...document.querySelectorAll("a.picture")].filter((one) => one.checkVisibility());
  return all[(all.indexOf(current) + step + all.length) % all.length];
}

function show(link) {
  current = link;
  const small = link.querySelector("img");
  const image = dialog.querySelector("img");
  image.src = link.href;
  image.alt = small.alt;
  dialog.setAttribute("aria-label", small.alt);
  dialog.querySelector("p").textContent = small.alt;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.picture");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  if (!dialog) build();
  show(link);
  dialog.showModal();
  dialog.addEventListener("close", () => current && current.focus(), { once: true });
});

const KEYS = {
  "/": ["search the rows", () => focus("#q")],
  w: ["filter the rows", () => focus("#where")],
  g: ["go to a row", () => focus("#row")],
  n: ["next page or row", () => follow("next")],
  p: ["previous page or row", () => follow("prev")],
  "?": ["show these keys", help],
};
let keys = null;

function focus(selector) {
  const field = document.querySelector(selector);
  if (field) field.focus();
}

function follow(rel) {
  const link = document.querySelector(`a[rel="${rel}"]`);
  if (link) link.click();
}

function help() {
  if (!keys) {
    keys = document.createElement("dialog");
    keys.setAttribute("aria-label", "Keys");
    const list = document.createElement("dl");
    const form = document.createElement("form");
    const close = document.createElement("button");
    for (const [key, [what]] of Object.entries(KEYS)) {
      const name = document.createElement("dt");
      const told = document.createElement("dd");
      name.textContent = key;
      told.textContent = what;
      list.append(name, told);
    }
    form.method = "dialog";
    close.textContent = "Close";
    form.append(close);
    keys.append(list, form);
    document.body.append(keys);
  }
  keys.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select, [contenteditable], audio, video")) return;
  const found = KEYS[event.key];
  if (!found) return;
  event.preventDefault();
  found[1]();
});
