// A picture opens large over the page; without this script its link opens it alone.
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
