// The statement page: notes that the end of the words has been on the screen, then lets the reader accept.
// Without this script the words stand in full length, the button is enabled and end_reached says "no-script".

const box = document.querySelector("[data-statement]");
const end = document.querySelector("[data-statement-end]");
const reached = document.querySelector("input[name=end_reached]");
const accept = document.querySelector("[data-statement-accept]");
const hint = document.querySelector("[data-statement-hint]");

if (box && end && reached && accept && "IntersectionObserver" in window) {
  box.classList.add("is-scrolled");
  box.tabIndex = 0;
  reached.value = "no";
  accept.disabled = true;
  if (hint) hint.hidden = false;

  // The root is the window, not the box: the end must be visible to a person, not merely scrolled to.
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    reached.value = "yes";
    accept.disabled = false;
    if (hint) hint.textContent = hint.dataset.done;
  }).observe(end);
}
