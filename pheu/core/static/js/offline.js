// No connection is said at the top of the page, for as long as it lasts.

const notice = document.querySelector("[data-offline]");

function tell() {
  if (notice) notice.hidden = navigator.onLine;
}

addEventListener("online", tell);
addEventListener("offline", tell);
document.addEventListener("htmx:sendError", tell);
tell();
