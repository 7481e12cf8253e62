// A short question before something is done: Slack's confirm, and the page's own.

import { h } from "./dom.js";

/** Asks and waits; true when the answer is yes. Esc and a press beside it mean no. */
export function ask({ title, words, soft, yes, no, danger = false }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "question", "aria-labelledby": "question-title" },
      h("h2", { id: "question-title" }, title),
      h("div", { class: "words" }, words),
      soft && h("p", { class: "soft" }, soft),
      h(
        "div",
        { class: "foot" },
        h("button", { type: "button", class: "button", onclick: () => dialog.close("no") }, no),
        h(
          "button",
          {
            type: "button",
            class: `button ${danger ? "danger filled" : "primary"}`,
            onclick: () => dialog.close("yes"),
            autofocus: true,
          },
          yes,
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
