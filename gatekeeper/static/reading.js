// A report's page: tells that the end of the words has been on the screen. Without this script the reading counts as opened.

const form = document.querySelector("[data-reading-end]");
const article = document.querySelector("article.reading");

if (form && article && "IntersectionObserver" in window) {
  const end = document.createElement("div");
  article.append(end);
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    end.remove();
    fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => {});
  }).observe(end);
}
