// The way to the practice workspace's server: what is seen, what is done, and what happens meanwhile.

/** Does something and returns the server's answer; throws Gone when there is no server. */
export async function post(path, asked) {
  const answer = await reach(`/practice/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
  });
  return whole(answer);
}

/** Reads something; nothing when it is not there. */
export async function read(path) {
  try {
    const answer = await reach(`/practice/${path}`);
    return answer.ok ? await whole(answer) : null;
  } catch (failure) {
    if (failure instanceof Gone) return null;
    throw failure;
  }
}

/** Everything a person may see; without a person, the first one there is. */
export async function stateOf(person) {
  const answer = await reach(`/practice/state${person ? `?person=${encodeURIComponent(person)}` : ""}`);
  return answer.ok ? whole(answer) : null;
}

/** There is no server at the other end. */
export class Gone extends Error {}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Gone();
  }
}

/** What was answered; a server that goes in the middle of it is gone. */
async function whole(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Gone();
  }
}

/** Listens to what happens for a person. Returns a function that stops listening. */
export function listen(person, { opened, happened, lost }) {
  const socket = new WebSocket(`ws://${location.host}/practice/events?person=${encodeURIComponent(person)}`);
  let wanted = true;
  socket.addEventListener("open", () => wanted && opened());
  socket.addEventListener("message", (event) => wanted && happened(JSON.parse(event.data)));
  socket.addEventListener("close", () => wanted && lost());
  return () => {
    wanted = false;
    socket.close();
  };
}
