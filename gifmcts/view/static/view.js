// Pages are whole without this script; it changes them in place, keeps them up to date and adds keys.
"use strict";

const LIVE = 1500, IDLE = 6000;
const unfolded = new Map();
const opened = new Map();
let tag = "", turn = 0, waiting = null;

const main = () => document.getElementById("main");

function settle() {
  for (const details of main().querySelectorAll("details[data-key]")) {
    const key = keyOf(details);
    if (opened.has(key)) details.open = opened.get(key);
    details.addEventListener("toggle", () => opened.set(key, details.open));
  }
  for (const outline of main().querySelectorAll("ul.outline")) {
    for (const line of outline.querySelectorAll("li[data-id]")) {
      const known = unfolded.get(foldKey(line));
      fold(line, known === undefined ? !("folded" in line.dataset) : known);
    }
    const place = main().querySelector(`.drawing[data-for="${outline.dataset.side}"]`);
    if (place && window.d3) drawTree(outline, place);
  }
}

function keyOf(details) {
  const pane = details.closest(".tree")?.querySelector("ul.outline")?.dataset.side ?? "";
  return `${pane} ${details.dataset.key}`;
}

function foldKey(line) {
  return `${location.pathname} ${line.closest("ul.outline").dataset.side} ${line.dataset.id}`;
}

function fold(line, open) {
  const list = line.querySelector(":scope > ul"), button = line.querySelector(":scope > .line > button.twist");
  if (!list || !button) return;
  list.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? "▾" : "▸";
}

function twist(line, open) {
  if (!line?.querySelector(":scope > ul")) return;
  unfolded.set(foldKey(line), open);
  fold(line, open);
}

// Puts a page in the place of this one; what was open stays open, and the focus and every scrolled part stay where they were.
async function show(address, { push = false, again = false } = {}) {
  const mine = ++turn;
  let response;
  try {
    response = await fetch(address, { headers: again && tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
  } catch {
    document.getElementById("stale").hidden = false;
    return;
  }
  document.getElementById("stale").hidden = true;
  if (response.status === 304) return;
  const text = await response.text();
  if (mine !== turn) return;
  const busy = again && (document.activeElement?.closest("form") || !getSelection().isCollapsed);
  if (busy) return;
  tag = response.headers.get("ETag") ?? "";
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (!fresh.getElementById("main")) return;
  if (push) history.pushState({}, "", address);
  swap(fresh);
}

function swap(fresh) {
  const focused = document.activeElement?.id, caret = document.activeElement?.selectionStart;
  const places = [".outline", ".drawing"].flatMap((name) => [...main().querySelectorAll(name)].map((part, at) => [name, at, part.scrollLeft, part.scrollTop]));
  document.title = fresh.title;
  main().replaceWith(fresh.getElementById("main"));
  document.querySelector(".top nav").replaceWith(fresh.querySelector(".top nav"));
  settle();
  for (const [name, at, left, top] of places) main().querySelectorAll(name)[at]?.scrollTo(left, top);
  const target = focused && document.getElementById(focused);
  if (target) {
    target.focus({ preventScroll: true });
    if (typeof caret === "number" && target.type === "search") target.setSelectionRange(caret, caret);
  }
}

function wait() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    if (!document.hidden) await show(location.href, { again: true });
    wait();
  }, main().dataset.live === "yes" ? LIVE : IDLE);
}

function submit(form) {
  const words = new URLSearchParams([...new FormData(form)].filter(([key, word]) => word && !(key === "order" && word === "problem")));
  return show(`${form.getAttribute("action") ?? location.pathname}?${words}`, { push: true });
}

// Where tree and program stand below each other, a node that was chosen is brought into sight.
async function open(link) {
  const node = link.closest(".tree");
  await show(link.getAttribute("href"), { push: true });
  if (node && matchMedia("(max-width: 60rem)").matches) document.querySelector(".detail h2")?.scrollIntoView();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#keys-button")) return document.getElementById("keys").showModal();
  const button = event.target.closest("button.twist");
  if (button) {
    const line = button.closest("li[data-id]");
    return twist(line, line.querySelector(":scope > ul").hidden);
  }
  const link = event.target.closest("a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-swap]")) return;
  event.preventDefault();
  submit(event.target);
});
let typing = null;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-swap]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(() => submit(form), event.target.type === "search" ? 200 : 0);
});
addEventListener("popstate", () => show(location.href));
document.addEventListener("visibilitychange", () => { if (!document.hidden) show(location.href, { again: true }); });

function step(by) {
  const stops = [...main().querySelectorAll("a[data-node], a[data-row]")].filter((link) => link.offsetParent);
  const at = stops.indexOf(document.activeElement);
  const current = at >= 0 ? at : stops.findIndex((link) => link.hasAttribute("aria-current"));
  const next = stops[Math.max(0, Math.min(stops.length - 1, current + by))];
  next?.focus();
}

const keys = {
  "/": () => document.getElementById("find")?.focus(),
  "?": () => document.getElementById("keys").showModal(),
  j: () => step(1),
  k: () => step(-1),
  h: () => twist(document.activeElement?.closest("li[data-id]"), false),
  l: () => twist(document.activeElement?.closest("li[data-id]"), true),
  p: () => document.getElementById("before")?.click(),
  n: () => document.getElementById("after")?.click(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

document.getElementById("keys-button").hidden = false;
settle();
wait();
