// What the page knows at the moment: the person one is, the open channel, and the last state heard of.

export const store = {
  state: null,
  channelId: null,
  online: false,
  clockHeard: 0,
};

/** The open channel. */
export const openChannel = () => channelOf(store.channelId);

/** A channel by id, if the person sees it. */
export const channelOf = (id) => store.state?.channels.find((channel) => channel.id === id);

/** How a channel is called in a sentence. */
export const channelWords = (channel) =>
  channel.direct ? store.state.app.name : channel.private ? channel.name : `#${channel.name}`;

/** The practice time of this moment, in milliseconds. */
export const practiceNow = () => Date.parse(store.state.clock.now) + (performance.now() - store.clockHeard);

/** Takes over a clock just heard of. */
export function hearClock(clock) {
  store.state.clock = clock;
  store.clockHeard = performance.now();
}

/** Whether the bot is on its way and will be there in a moment. */
export const waitingForBot = () =>
  Boolean(store.state?.clock.moving_to) || store.state?.bot.status === "starting";

/** The bot's name. */
export const botName = () => store.state.app.name;
