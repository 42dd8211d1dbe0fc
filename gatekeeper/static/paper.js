// Typing a signed paper by the keyboard alone. Without this script the page is a plain form.

const typing = document.querySelector("[data-typing]");
const groups = [...typing.querySelectorAll("fieldset")];
const save = typing.querySelector("button[type=submit]");
const scan = document.querySelector("[data-scan]");

typing.addEventListener("keydown", (event) => {
  const place = event.target === save ? groups.length : groups.findIndex((each) => each.contains(event.target));
  if (place < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  const done = act(event.key, place);
  if (done) event.preventDefault();
});

function act(key, place) {
  if (key === "Backspace") return go(place - 1);
  if (scan && (key === "PageDown" || key === "PageUp")) return turn(key === "PageDown" ? 1 : -1);
  if (place === groups.length) return false;
  if (key === "Enter") return go(place + 1);
  const option = [...groups[place].querySelectorAll("input")]["1234567890".indexOf(key)];
  if (!option) return false;
  option.click();
  return option.type === "radio" ? go(place + 1) : go(place);
}

function go(place) {
  const group = groups[Math.max(place, 0)];
  const target = group ? group.querySelector("input:checked") ?? group.querySelector("input") : save;
  target.focus({ preventScroll: true });
  (group ?? save).scrollIntoView({ block: "nearest" });
  return true;
}

function turn(way) {
  scan.scrollBy({ top: way * scan.clientHeight * 0.8 });
  return true;
}

const open = groups.findIndex((each) => !each.querySelector("input:checked"));
if (!document.querySelector("[autofocus]")) go(open < 0 ? groups.length : open);
