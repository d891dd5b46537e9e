// One way to ask the server: its answer as {ok, status, data}, and a sentence for whatever else came back.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});
  const OFFLINE = "The server does not answer.";
  const SIGNED_OUT = "You are signed out. Sign in again in another tab, then save here.";

  // A sign-in in another tab changes the token; the cookie has the new one.
  const token = (form) => {
    const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
    const field = form.elements.namedItem("csrfmiddlewaretoken");
    if (cookie) field.value = cookie.slice("csrftoken=".length);
    return field.value;
  };

  const post = async (form, url, data, options = {}) => {
    try {
      const answer = await fetch(url, {
        method: "POST", body: data, headers: { Accept: "application/json", "X-CSRFToken": token(form) }, ...options,
      });
      return await read(answer);
    } catch (error) {
      if (error.name === "AbortError") return { ok: false, status: 0, aborted: true, data: {} };
      return { ok: false, status: 0, data: { detail: OFFLINE } };
    }
  };

  const get = async (url) => {
    try { return await read(await fetch(url, { headers: { Accept: "application/json" } })); } catch { return { ok: false, status: 0, data: {} }; }
  };

  const read = async (answer) => {
    const json = (answer.headers.get("Content-Type") || "").includes("json");
    if (json) return { ok: answer.ok, status: answer.status, data: await answer.json() };
    if (answer.redirected || answer.status === 403) return { ok: false, status: 401, data: { detail: SIGNED_OUT } };
    if (answer.status === 413) return { ok: false, status: 413, data: { detail: "This is larger than the portal takes." } };
    return { ok: false, status: answer.status, data: { detail: `The server answered with an error (${answer.status}).` } };
  };

  editor.server = { post, get, token };
})();
