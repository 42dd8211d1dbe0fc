// The button that prints is there only where a script can press it; the browser's own menu prints the same.

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
