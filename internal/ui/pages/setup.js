"use strict";
// First-run set-up: the token stands behind the # of the address, which no
// server and no log of one ever sees, and goes to the API in the body.
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("form");
  const problem = byId("problem");
  const token = new URLSearchParams(location.hash.slice(1)).get("token");

  const say = (...lines) => {
    problem.replaceChildren(...lines.filter(Boolean).map((line) => {
      const p = document.createElement("p");
      p.textContent = line;
      return p;
    }));
    problem.hidden = lines.length === 0;
  };

  const inputs = { "body.organizationName": "The organization's name", "body.email": "The e-mail address", "body.password": "The password" };
  const fault = (e) => `${inputs[e.location] ?? `${e.location}:`} ${e.message}.`;

  const away = () => say("The server cannot be reached.", "Check that it is running, and press the button again; nothing that you typed is lost.");

  const start = async () => {
    let needed;
    try {
      const answer = await fetch("/api/v1/setup");
      needed = (await answer.json()).needed;
    } catch {
      away();
      form.hidden = false;
      return;
    }
    if (!needed) {
      say("Patchboard has been set up already.", "Ask its system administrator for an account.");
    } else if (!token) {
      say("The address is not complete.", "Open the whole address that the server printed when it started, with all that follows the # sign.");
    } else {
      form.hidden = false;
      byId("organization").focus();
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch("/api/v1/setup", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          token,
          organizationName: byId("organization").value,
          email: byId("email").value,
          password: byId("password").value,
        }),
      });
      const body = await answer.json();
      if (!answer.ok) {
        say(body.detail, ...(body.errors ?? []).map(fault), body.fix);
        return;
      }
      form.hidden = true;
      byId("key").value = body.apiKey;
      byId("done").hidden = false;
      byId("done").focus();
      history.replaceState(null, "", "/setup");
    } catch {
      away();
    } finally {
      button.disabled = false;
    }
  });

  start();
})();
