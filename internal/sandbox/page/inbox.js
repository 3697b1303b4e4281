// Keeps the newest messages on the page up to date: whenever the sandbox says
// that something has changed, the page is read again and what differs is
// exchanged, so that a message that is open, and the focus, stay as they are.
"use strict";

const list = document.querySelector("#messages[data-live]");
const live = document.getElementById("live");
let reading = false;
let again = false;

async function refresh() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  do {
    again = false;
    try {
      const answer = await fetch("/");
      if (answer.ok) {
        merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch {
      // The stream's own error tells; it calls refresh when it is back.
    }
  } while (again);
  reading = false;
}

function merge(fresh) {
  const items = [...fresh.querySelectorAll("#messages > li")];
  const kept = new Set(items.map((item) => item.id));
  for (const old of [...list.children]) {
    if (!kept.has(old.id)) {
      old.remove();
    }
  }
  for (const item of items.reverse()) {
    const old = document.getElementById(item.id);
    if (!old) {
      list.prepend(document.adoptNode(item));
    } else if (old.dataset.state !== item.dataset.state) {
      item.querySelector("details").open = old.querySelector("details").open;
      old.replaceWith(document.adoptNode(item));
    }
  }
  document.getElementById("empty").hidden = items.length > 0;
  exchange("count", fresh);
  exchange("plan", fresh);
  exchange("older", fresh);
  for (const button of document.querySelectorAll("#panel button")) {
    const now = fresh.querySelector(`#panel button[value="${CSS.escape(button.value)}"]`);
    button.setAttribute("aria-pressed", now.getAttribute("aria-pressed"));
  }
}

function exchange(id, fresh) {
  const old = document.getElementById(id);
  const now = fresh.getElementById(id);
  if (old.innerHTML !== now.innerHTML) {
    old.replaceChildren(...now.childNodes);
  }
}

if (list) {
  const stream = new EventSource("/stream");
  live.hidden = false;
  live.textContent = "Connecting…";
  stream.onopen = () => {
    live.textContent = "Live";
  };
  stream.onmessage = refresh;
  stream.onerror = () => {
    live.textContent = "The demo does not answer; trying again…";
  };
}
