// A page that waits loads itself again; without scripts its <noscript> does the same.
"use strict";
const seconds = Number(document.body.dataset.reload);
if (seconds > 0) {
  setTimeout(() => location.reload(), seconds * 1000);
}
// Somebody who comes to a message by a form hears it, and goes on from there with the keyboard.
const message = document.querySelector("main > .flash[role]");
if (message && location.search.includes("done=")) {
  message.tabIndex = -1;
  message.focus();
}
