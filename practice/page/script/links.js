// Links that lead out: they say so, and open nothing by themselves.

import { h } from "./dom.js";
import { ask } from "./question.js";

/** A link as a button: pressing it says where it leads and asks first. */
export function link(address, words) {
  if (!/^(https?:\/\/|mailto:)/i.test(address)) return h("span", {}, words);
  return h(
    "button",
    {
      type: "button",
      class: "link",
      title: `Leads out of the practice workspace: ${address}`,
      onclick: () => leadsOut(address),
    },
    words,
  );
}

/** Asks before anything outside this machine is opened. */
export async function leadsOut(address) {
  const agreed = await ask({
    title: "This link leads out",
    words: address,
    soft: "It is not part of the practice workspace, and many addresses here are invented. It opens in a new tab only if you say so.",
    yes: "Open it",
    no: "Stay here",
  });
  if (agreed) window.open(address, "_blank", "noopener,noreferrer");
}
