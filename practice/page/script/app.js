// Starts the page and holds it together: who one is, where one is, what happens.

import { h } from "./dom.js";
import { icons } from "./icons.js";
import { post, stateOf, listen, Gone } from "./server.js";
import { store, openChannel, channelOf, hearClock } from "./store.js";
import { learnNames } from "./names.js";
import { prepareBand, drawBand } from "./band.js";
import { prepareSidebar, drawSidebar } from "./sidebar.js";
import { prepareSwitcher, youOpener } from "./switcher.js";
import { showConversation, onList } from "./column.js";
import { prepareJump } from "./jump.js";
import { prepareKeyboard } from "./keyboard.js";
import { prepareThreads, openThread, drawThread, isReply } from "./threads.js";
import { shutPanel, panelName } from "./panel.js";
import { toggleWire, wireOpen, wireHeard } from "./wire.js";
import { prepareTour, beginTour, startTour } from "./tour.js";
import { emit } from "./signals.js";
import { isPhone, onWidth } from "./widths.js";
import { prepareComposer, drawComposer, focusComposer, setWords } from "./composer.js";
import { drawHead } from "./channel_head.js";
import * as conversation from "./conversation.js";
import { showViews } from "./form.js";
import { note, noAnswer, notRunning } from "./notes.js";
import { showArrivals, arrivedIn, closeNotice } from "./notice.js";
import { sayNewMessage } from "./heard.js";

const AGAIN_AFTER = 2000;
let stopListening = () => {};
let heardTooEarly = null;
let turns = 0; // one for each time one becomes somebody; what comes of any but the last is nobody's
let arriving = false;
const waiting = []; // for the arrival, or for its failure

// --- being somebody ---

/** Becomes a person, or the first one there is; `how` is in which channel, and what then follows. */
async function become(personId, how = {}) {
  const turn = (turns += 1);
  const last = () => turn === turns;
  stopListening();
  heardTooEarly = [];
  arriving = true;
  try {
    await arrive(personId, how, last);
  } catch (failure) {
    if (last()) lost(personId, how);
    if (!(failure instanceof Gone)) throw failure;
  }
}

/** Listens first, then learns all the person may see, so that nothing falls between. */
async function arrive(personId, how, last) {
  const person = (await someState(personId)).me.id;
  if (!last()) return;
  await new Promise((opened) => {
    stopListening = listen(person, {
      opened,
      happened: (event) => (heardTooEarly ? heardTooEarly.push(event) : happened(event)),
      lost: () => lost(person, heardTooEarly ? how : {}),
    });
  });
  const state = await someState(person);
  if (!last()) return;
  learn(state, how.channelId);
  how.then?.();
  if (last()) settle(); // an event that was heard too early may have begun another turn
}

async function someState(personId) {
  const state = (await stateOf(personId)) ?? (await stateOf());
  if (!state) throw new Gone();
  return state;
}

/** Waits until one is whom one chose to be, as far as one can; says whether the workspace is there. */
async function isSomebody() {
  if (arriving) await new Promise((done) => waiting.push(done));
  return store.online;
}

function settle() {
  arriving = false;
  waiting.splice(0).forEach((done) => done());
}

function learn(state, channelId) {
  store.state = state;
  store.online = true;
  hearClock(state.clock);
  learnNames(state);
  const wanted = [channelId, store.channelId, state.begins_in, state.channels[0]?.id];
  store.channelId = wanted.find((id) => id && state.channels.some((channel) => channel.id === id));
  drawAll();
  const missed = heardTooEarly ?? [];
  heardTooEarly = null;
  missed.forEach(happened);
}

function drawAll() {
  document.querySelector(".ended-note")?.remove();
  closeNotice();
  drawBand();
  conversation.drawConversation();
  drawComposer();
  drawThread();
  seen();
  showViews(store.state.views);
  if (store.state.bot.gave_up) conversation.addNote(notRunning(startBot));
  remember();
}

function switchTo(personId, channelId) {
  const before = store.state.me;
  const hadPrivate = store.state.channels.some((channel) =>
    channel.messages.some((message) => message.ephemeral),
  );
  setWords("");
  if (panelName() === "thread") shutPanel(false);
  focusYou();
  become(personId, {
    channelId,
    then: () => {
      const { me } = store.state;
      const gone = hadPrivate ? ` What was only visible to ${before.name} is not here.` : "";
      conversation.addNoteBeforeNew(note(`You are now ${me.name}${me.guest ? ", a guest" : ""}.${gone}`));
      if (document.activeElement === document.body) focusYou(); // else somebody is at something already
      emit("became", { person: me.id });
    },
  });
}

const focusYou = () => youOpener()?.focus({ preventScroll: true });

/** The workspace is gone: says so, and becomes the person once it is back. */
function lost(personId, how) {
  const turn = (turns += 1);
  stopListening();
  heardTooEarly = [];
  store.online = false;
  settle();
  if (store.state) {
    drawBand();
    drawComposer();
  }
  showEnded();
  setTimeout(() => turn === turns && become(personId, how), AGAIN_AFTER);
}

function showEnded() {
  if (document.querySelector(".ended-note")) return;
  const words = [
    h("strong", {}, "The practice workspace has stopped."),
    " Start it in the terminal with ",
    h("code", {}, `python3 run.py demo --port ${location.port}`),
    "; this page comes back by itself.",
  ];
  const ended = h(
    "div",
    { class: "note failed ended-note", role: "alert" },
    icons.warning(),
    h("div", {}, words),
  );
  document.getElementById("band").after(ended);
}

// --- being somewhere ---

function openChannelById(id) {
  if (!channelOf(id)) return;
  store.channelId = id;
  arrivedIn(id);
  showConversation();
  conversation.drawConversation();
  drawComposer();
  seen();
  remember();
  if (!isPhone()) focusComposer();
}

/** All of the open channel has been seen. */
function seen() {
  const channel = openChannel();
  if (channel && document.visibilityState === "visible" && !onList()) {
    channel.unread = 0;
    channel.read_until = channel.messages.at(-1)?.ts ?? channel.read_until;
    tell("read", { person: store.state.me.id, channel: channel.id });
  }
  drawSidebar(openChannelById);
}

const remember = () => history.replaceState(null, "", `#${store.state.me.id}/${store.channelId}`);

// --- what happens ---

function happened(event) {
  const act = {
    message: () => arrived(event),
    changed: () => changed(event),
    gone: () => gone(event),
    clock: () => {
      const moves = store.state.clock.moves.length;
      hearClock(event.clock);
      drawBand();
      drawComposer();
      if (event.clock.moves.length > moves) conversation.showMove();
    },
    bot: () => botStands(event.bot),
    view: () => {
      store.state.views = event.views;
      showViews(event.views);
    },
    moved: () => {
      showArrivals(event, { open: openChannelById, become: switchTo });
      emit("moved", event);
    },
    wire: () => wireHeard(event.entry),
    person: () => become(store.state.me.id),
  }[event.kind];
  act?.();
}

function botStands(bot) {
  const news = bot.gave_up && !store.state.bot.gave_up;
  store.state.bot = bot;
  drawBand();
  drawComposer();
  if (news) conversation.addNote(notRunning(startBot));
}

function arrived({ channel: id, message }) {
  const channel = channelOf(id);
  if (!channel) return become(store.state.me.id);
  if (channel.messages.some((one) => one.ts === message.ts)) return changed({ channel: id, message });
  channel.messages.push(message);
  const mine = message.writer?.id === store.state.me.id;
  if (!mine) channel.unread += 1;
  if (isReply(message)) replyArrived(channel, message);
  else if (id === store.channelId) conversation.addMessage(message, mine || message.ephemeral);
  if (!mine) sayNewMessage(message);
  if (message.writer?.bot && id === store.channelId) emit("answered", { message });
  return id === store.channelId ? seen() : drawSidebar(openChannelById);
}

function replyArrived(channel, message) {
  const root = channel.messages.find((one) => one.ts === message.thread_ts);
  if (root && channel.id === store.channelId) conversation.replaceMessage(root, { quietly: true });
  drawThread(channel.id);
}

function changed({ channel: id, message }) {
  const channel = channelOf(id);
  if (!channel) return;
  channel.messages = channel.messages.map((one) => (one.ts === message.ts ? message : one));
  drawThread(id);
  if (id !== store.channelId || isReply(message)) return;
  conversation.replaceMessage(message);
  sayNewMessage(message);
}

function gone({ channel: id, ts }) {
  const channel = channelOf(id);
  if (!channel) return;
  channel.messages = channel.messages.filter((one) => one.ts !== ts);
  if (id === store.channelId) conversation.removeMessage(ts);
  drawThread(id);
}

// --- what one does ---

async function tell(path, asked) {
  try {
    return await post(path, asked);
  } catch (failure) {
    if (!(failure instanceof Gone)) throw failure;
    return { ok: false, error: "gone" };
  }
}

/** Says something; empty when it was taken, else what to say below the field as the words come back. */
async function say(words) {
  conversation.forgetPassing();
  const outcome = (await isSomebody())
    ? await tell("say", { person: store.state.me.id, channel: store.channelId, text: words })
    : { ok: false, error: "gone" };
  if (outcome.ok) return "";
  if (outcome.error === "no_response") await settled();
  conversation.addNote(refusalNote(outcome.error, words));
  return `Your words are back in the field${outcome.error === "not_running" ? "; Enter sends them again" : ""}.`;
}

/** A moment in which it shows whether the bot is slow or gone. */
const settled = () =>
  new Promise((done) => {
    setTimeout(done, 300);
  });

function refusalNote(error, words) {
  const { app } = store.state;
  const command = h("code", {}, app.commands[0]);
  if (error === "unknown_command")
    return note(
      [h("code", {}, words.split(/\s/)[0]), ` is not a command here. ${app.name} listens to `, command, "."],
      { failed: true },
    );
  if (error === "read_only")
    return note(
      [
        h("strong", {}, "Not sent."),
        ` ${app.name} does not read plain messages here. Begin with `,
        command,
        ", for example ",
        h("code", {}, `${app.commands[0]} help`),
        "; commands work here and in any channel.",
      ],
      { failed: true },
    );
  return noAnswer(error, startBot);
}

async function press(message, block, element, value) {
  conversation.forgetPassing();
  const outcome = await tell("press", {
    person: store.state.me.id,
    channel: message.channel,
    ts: message.ts,
    block_id: block.block_id,
    action_id: element.action_id,
    value,
  });
  if (outcome.error === "no_response") await settled();
  if (!outcome.ok) conversation.addNote(noAnswer(outcome.error, startBot), message.ts);
}

const dismiss = (message) => tell("dismiss", { person: store.state.me.id, ts: message.ts });

function startBot() {
  conversation.forgetPassing();
  return tell("bot/start", {});
}

function move(name) {
  closeNotice();
  conversation.forgetPassing();
  return tell("clock", { move: name });
}

function reply(channel, threadTs, words) {
  const asked = { person: store.state.me.id, channel, text: words, thread_ts: threadTs };
  return tell("say", asked).then((outcome) => (outcome.ok ? "" : "Not sent. Your words are still here."));
}

// --- beginning ---

const toggleTheWire = () =>
  toggleWire({
    changed: drawBand,
    back: () => document.querySelector("#band [data-key='wire'], #band [data-key='menu']")?.focus(),
  });

function prepare() {
  prepareBand({ move, startBot, wire: toggleTheWire, wireOpen, tour: startTour });
  prepareSidebar();
  prepareSwitcher(switchTo);
  prepareComposer(say);
  prepareThreads({ press, dismiss, reply });
  prepareJump({ open: openChannelById, become: switchTo, move });
  conversation.prepareConversation({ press, dismiss, say, thread: openThread });
  prepareKeyboard(openChannelById);
  prepareTour();
  onWidth(redrawForWidth);
  document.addEventListener("visibilitychange", () => store.state && store.online && seen());
}

function redrawForWidth() {
  drawBand();
  if (!store.state) return;
  drawHead();
  drawComposer();
}

function start() {
  prepare();
  drawBand();
  const [person, channelId] = location.hash.slice(1).split("/");
  const then = () => {
    if (!isPhone()) focusComposer();
    beginTour();
  };
  become(person || null, { channelId, then });
}

start();
