// Files: chosen in a form and taken back, and shown in a message with a way to keep them.

import { h, fill } from "./dom.js";
import { post, Gone } from "./server.js";
import { store } from "./store.js";

const MOST_BYTES = 10_000_000;

/** The control of a file_input: what is chosen goes to the chat at once, as it does in Slack. */
export function files(element, id, state) {
  const most = element.max_files ?? 10;
  let chosen = [...(state.files ?? [])];
  let coming = Promise.resolve();
  let complain = () => {};
  const input = h("input", {
    id,
    type: "file",
    class: "unseen",
    multiple: most > 1,
    accept: element.filetypes?.map((kind) => `.${kind}`).join(","),
  });
  const list = h("ul", { class: "chosen", "aria-label": "Chosen so far" });
  const choose = h("label", { class: "button", for: id, "aria-hidden": "true" }, "Choose files");
  const draw = () => {
    list.hidden = !chosen.length;
    fill(list, chosen.map(row));
  };
  const row = (file) =>
    h(
      "li",
      {},
      h("span", { class: "file-name" }, file.name),
      h("span", { class: "soft" }, sizeWords(file.size)),
      h(
        "button",
        { type: "button", class: "button", "aria-label": `Remove ${file.name}`, onclick: () => remove(file) },
        "Remove",
      ),
    );
  const remove = (file) => {
    chosen = chosen.filter((one) => one !== file);
    complain("");
    draw();
    input.focus();
  };
  const take = async (given) => {
    complain(wrongWith(given, chosen.length, most));
    for (const file of given.filter((one) => one.size <= MOST_BYTES).slice(0, most - chosen.length)) {
      const told = await sent(file);
      if (told.ok) chosen.push(told.file);
      else complain(`${file.name} could not be taken (${told.error}).`);
      draw();
    }
  };
  input.addEventListener("change", () => {
    const given = [...input.files];
    input.value = "";
    coming = coming.then(() => take(given));
  });
  draw();
  return {
    node: h("div", { class: "files" }, input, choose, list),
    inputs: () => [input],
    state: () => ({ type: "file_input", files: chosen }),
    ready: () => coming,
    onWrong: (say) => {
      complain = say;
    },
  };
}

function wrongWith(given, already, most) {
  const heavy = given.find((file) => file.size > MOST_BYTES);
  if (heavy) return `${heavy.name} is larger than 10 MB.`;
  const number = most === 1 ? "1 file" : `${most} files`;
  return already + given.length > most ? `Please choose at most ${number}.` : "";
}

async function sent(file) {
  try {
    return await post("file", { person: store.state.me.id, name: file.name, base64: await inBase64(file) });
  } catch (failure) {
    if (failure instanceof Gone) return { ok: false, error: "gone" };
    throw failure;
  }
}

function inBase64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => failed(reader.error));
    reader.readAsDataURL(file);
  });
}

/** The files of a message, each with a link that downloads it. */
export function fileNodes(message) {
  const known = message.files ?? [];
  return known.length > 0 && h("ul", { class: "shared-files", "aria-label": "Files" }, known.map(shared));
}

function shared(file) {
  const who = encodeURIComponent(store.state.me.id);
  return h(
    "li",
    {},
    h("span", { class: "file-name" }, file.title),
    h("span", { class: "soft" }, `${file.name}, ${sizeWords(file.size)}`),
    h(
      "a",
      {
        class: "button",
        href: `/practice/file/${file.id}?person=${who}`,
        download: file.name,
        "aria-label": `Download ${file.name}`,
      },
      "Download",
    ),
  );
}

function sizeWords(bytes) {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
