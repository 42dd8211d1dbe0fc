// A form is sent once. Forms marked data-download leave the page where it is, so they may be sent again.

for (const form of document.querySelectorAll("form:not([data-download])")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    // Only after the browser has collected the fields: a disabled button would not send its name and value.
    setTimeout(() => setButtons(form, true));
  });
}

// Coming back with the Back button may show the page as it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    setButtons(form, false);
  }
});

function setButtons(form, disabled) {
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = disabled;
}
