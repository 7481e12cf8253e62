// What happens in one part of the page and matters to another: a form opened, a command answered, a clock moved.

const heard = new EventTarget();

/** Tells whoever listens. */
export const emit = (name, detail = {}) => heard.dispatchEvent(new CustomEvent(name, { detail }));

/** Listens. */
export const on = (name, act) => heard.addEventListener(name, (event) => act(event.detail));
