// The search tree as a drawing, laid out by d3-hierarchy from the lines of the outline beside it.
"use strict";

const DEEP = 62, HIGH = 22, MARGIN = 18;

function drawTree(outline, place) {
  const lines = [...outline.querySelectorAll("li[data-id]")];
  const rows = [{ id: "0", parent: "", line: null }, ...lines.map((line) => ({ id: line.dataset.id, parent: line.dataset.parent, line }))];
  const root = d3.stratify().id((row) => row.id).parentId((row) => row.parent)(rows);
  d3.tree().nodeSize([HIGH, DEEP])(root);
  const nodes = root.descendants();
  const top = Math.min(...nodes.map((node) => node.x)), bottom = Math.max(...nodes.map((node) => node.x));
  const width = (root.height + 1) * DEEP, height = bottom - top + 2 * MARGIN;
  const picture = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  for (const node of nodes) node.x += MARGIN - top;
  for (const node of nodes) node.y += MARGIN;
  for (const { source, target } of root.links()) picture.append(edge(source, target));
  const most = Math.max(1, ...lines.map((line) => Number(line.dataset.visits)));
  for (const node of nodes) picture.append(dot(node, most));
  const seen = { left: place.scrollLeft, top: place.scrollTop, fresh: !place.firstChild };
  place.replaceChildren(picture);
  place.hidden = false;
  const here = picture.querySelector(".here");
  if (seen.fresh && here) place.scrollTop = Number(here.querySelector("circle").getAttribute("cy")) - place.clientHeight / 2;
}

function edge(source, target) {
  const middle = (source.y + target.y) / 2;
  const path = shape("path", { d: `M${source.y},${source.x}C${middle},${source.x} ${middle},${target.x} ${target.y},${target.x}` });
  if (target.data.line.querySelector(":scope > .line.on-path")) path.classList.add("on-path");
  return path;
}

function dot(node, most) {
  const line = node.data.line;
  const circle = { cx: node.y, cy: node.x, r: line ? 3.5 + 5 * Math.sqrt(Number(line.dataset.visits) / most) : 3 };
  if (!line) return shape("circle", circle);
  const link = line.querySelector("a[data-node]");
  const group = shape("a", { href: link.getAttribute("href"), class: line.dataset.state, tabindex: "-1" });
  group.dataset.swap = "";
  if (link.hasAttribute("aria-current")) group.classList.add("here");
  const title = shape("title", {});
  title.textContent = link.textContent.replace(/\s+/g, " ").trim();
  const name = shape("text", { x: node.y + 11, y: node.x + 4 });
  name.textContent = link.querySelector(".at").textContent + ("chosen" in line.dataset ? " ★" : "");
  group.append(title, shape("circle", circle), name);
  return group;
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
