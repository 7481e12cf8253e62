// The names of people and channels that the person may see, by id.

let people = new Map();
let channels = new Map();

/** Learns the names from the state of the person one is. */
export function learnNames(state) {
  people = new Map(state.people.map((person, number) => [person.id, { ...person, number }]));
  channels = new Map(state.channels.map((channel) => [channel.id, channel.name]));
}

/** A person by id. */
export const personOf = (id) => people.get(id);
/** A person's name. */
export const nameOf = (id) => people.get(id)?.name;
/** Everybody who can be chosen in a field. */
export const everybody = () => [...people.values()].filter((person) => !person.bot && !person.deleted);
/** A channel's name. */
export const channelName = (id) => channels.get(id);
