// A report's pages as pictures: which one is on the screen, the next and the one before, larger and smaller, and what failed.
// Without this script the pages stand one below the other, and everything but the size is there.

const sheets = document.querySelector("[data-sheets]");
const bar = document.querySelector("[data-sheets-bar]");
const now = document.querySelector("[data-sheet-now]");
const all = [...document.querySelectorAll("[data-sheet]")];
const sizes = ["", "is-large", "is-larger"];
const stepOf = { ArrowLeft: -1, ArrowRight: 1, PageUp: -1, PageDown: 1 };
let current = 1;
let size = 0;

function tell(number) {
  if (number === current) return;
  current = number;
  now.textContent = now.dataset.words.replace("#", number);
}

function go(step) {
  const target = all[Math.min(Math.max(current - 1 + step, 0), all.length - 1)];
  target.scrollIntoView({ block: "start" });
  target.focus({ preventScroll: true });
  tell(Number(target.dataset.sheet));
}

function zoom(step) {
  const kept = current;
  if (sizes[size]) sheets.classList.remove(sizes[size]);
  size = Math.min(Math.max(size + step, 0), sizes.length - 1);
  if (sizes[size]) sheets.classList.add(sizes[size]);
  all[kept - 1].scrollIntoView({ block: "start" });
}

if (sheets && bar && now && "IntersectionObserver" in window) {
  bar.classList.add("is-on");
  const watch = new IntersectionObserver(
    (entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting);
      if (seen.length) tell(Number(seen[0].target.dataset.sheet));
    },
    { rootMargin: "-45% 0px -45% 0px" },
  );
  for (const each of all) watch.observe(each);
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.sheetStep) go(Number(button.dataset.sheetStep));
    if (button?.dataset.sheetZoom) zoom(Number(button.dataset.sheetZoom));
  });
  document.addEventListener("keydown", (event) => {
    const step = stepOf[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    if (event.key.startsWith("Arrow") && sheets.scrollWidth > sheets.clientWidth) return;
    event.preventDefault();
    go(step);
  });
}

for (const each of all) {
  const image = each.querySelector("img");
  const failed = each.querySelector("[data-sheet-failed]");
  const fail = () => {
    failed.hidden = false;
  };
  image.addEventListener("error", fail);
  image.addEventListener("load", () => {
    failed.hidden = true;
  });
  if (image.complete && image.currentSrc && !image.naturalWidth) fail();
  failed.querySelector("[data-sheet-again]").addEventListener("click", () => {
    image.loading = "eager";
    const source = image.srcset;
    image.srcset = "";
    image.srcset = source;
  });
}
