// Search, the place in the contents, and folded text that opens on paper. Without JavaScript every page still reads.
"use strict";
const script = document.currentScript;
const input = document.getElementById("search"), found = document.getElementById("found");
const MOST = 12;

function load() {
  // A script, because a page opened from a folder may not fetch a file.
  if (load.asked) return load.asked;
  return (load.asked = new Promise((done) => {
    const tag = document.createElement("script");
    tag.src = script.dataset.index;
    tag.onload = () => done(window.searchIndex.map((e) => ({ ...e, low: (e.t + " " + e.p + " " + e.x).toLowerCase(), head: e.t.toLowerCase() })));
    document.head.append(tag);
  }));
}

function rank(entry, words) {
  let score = 0;
  for (const word of words) {
    const at = entry.low.indexOf(word);
    if (at < 0) return 0;
    score += 1 + (entry.head.includes(word) ? 8 : 0) + (entry.head.startsWith(word) ? 4 : 0);
  }
  return score;
}

function snippet(entry, word) {
  const at = entry.x.toLowerCase().indexOf(word);
  const from = Math.max(0, at - 50), text = entry.x.slice(from, from + 150);
  const line = document.createElement("span");
  line.textContent = (from ? "… " : "") + text + (entry.x.length > from + 150 ? " …" : "");
  return line;
}

async function search() {
  const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) { found.hidden = true; return; }
  const entries = await load();
  const hits = entries.map((entry) => ({ entry, score: rank(entry, words) })).filter((hit) => hit.score).sort((a, b) => b.score - a.score);
  found.replaceChildren();
  const list = document.createElement("ul");
  for (const { entry } of hits.slice(0, MOST)) {
    const link = document.createElement("a"), title = document.createElement("strong"), where = document.createElement("em");
    link.href = script.dataset.root + entry.u;
    title.textContent = entry.t;
    where.textContent = entry.p === entry.t ? "" : entry.p;
    link.append(title, where, snippet(entry, words[0]));
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  const count = document.createElement("p");
  count.textContent = hits.length ? `${hits.length} found` : "Nothing found. Try a shorter word.";
  found.append(count, list);
  found.hidden = false;
}

input.addEventListener("input", search);
input.addEventListener("focus", load, { once: true });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(input|textarea|select)$/i.test(document.activeElement.tagName)) { event.preventDefault(); input.focus(); }
  if (event.key === "Escape" && !found.hidden) { found.hidden = true; input.focus(); }
});
document.addEventListener("click", (event) => { if (!event.target.closest("search")) found.hidden = true; else if (event.target.closest("a")) found.hidden = true; });

if (matchMedia("(max-width: 64rem)").matches) document.querySelectorAll(".side details").forEach((fold) => { fold.open = false; });

const places = new Map([...document.querySelectorAll(".contents a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) {
    places.forEach((link) => link.classList.remove("reading"));
    places.get(entry.target.id).classList.add("reading");
  }
}, { rootMargin: "-10% 0px -75% 0px" });
places.forEach((_, id) => { const heading = document.getElementById(id); if (heading) seen.observe(heading); });

let folded = [];
// On paper the text is whole. Code stays folded, and then it is left out: unfold it to have it printed.
addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("main details:not([open])")].filter((fold) => !fold.parentElement.matches(".cell:not(.prose, .question)")); folded.forEach((fold) => { fold.open = true; }); });
addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));

// A link into folded text opens it.
function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
addEventListener("hashchange", unfold);
unfold();
