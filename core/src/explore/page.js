"use strict";

// Each function is [title, lines, code]: a line is [place, text], an instruction is [address, place, bytes, text].
// What has no place in the binary has -1 there.
const functions = JSON.parse(document.getElementById("functions").textContent);
const list = document.getElementById("list");
const wasm = document.getElementById("wasm");
const machine = document.getElementById("machine");
// As many buttons as can be looked through. The rest is found by the filter.
const MOST = 1000;

const hex = (number) => "0x" + number.toString(16).padStart(6, "0");

function line(text, place) {
  const span = document.createElement("span");
  span.textContent = text;
  if (place >= 0) {
    span.dataset.place = place;
    span.style.setProperty("--hue", (place * 47) % 360);
  }
  return span;
}

function show(index, button) {
  const [, lines, code] = functions[index];
  wasm.replaceChildren(...lines.map(([place, text]) => line(hex(place) + "  " + text, place)));
  machine.replaceChildren(
    ...code.map(([address, place, bytes, text]) => line(hex(address) + "  " + bytes.padEnd(18) + text, place)),
  );
  for (const other of list.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
}

function mark(event) {
  const span = event.target.closest("span[data-place]");
  for (const marked of document.querySelectorAll(".same")) marked.classList.remove("same");
  if (!span) return;
  const other = event.currentTarget === wasm ? machine : wasm;
  const same = document.querySelectorAll(`span[data-place="${span.dataset.place}"]`);
  for (const found of same) found.classList.add("same");
  if (event.type === "click") other.querySelector(".same")?.scrollIntoView({ block: "center" });
}

function fill(filter) {
  const found = functions.map(([title], index) => [title, index]).filter(([title]) => title.includes(filter));
  const buttons = found.slice(0, MOST).map(([title, index]) => {
    const button = document.createElement("button");
    button.textContent = title;
    button.addEventListener("click", () => show(index, button));
    return button;
  });
  list.replaceChildren(...buttons);
  if (found.length > MOST) list.append(`and ${found.length - MOST} more`);
}

for (const pane of [wasm, machine]) {
  pane.addEventListener("mouseover", mark);
  pane.addEventListener("click", mark);
}
document.getElementById("filter").addEventListener("input", (event) => fill(event.target.value));
fill("");
list.querySelector("button")?.click();
