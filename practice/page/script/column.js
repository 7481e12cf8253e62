// A phone's one column: either the list of channels or the conversation.

import { isPhone, onWidth } from "./widths.js";

const below = document.getElementById("below");

/** Shows the conversation. */
export const showConversation = () => {
  below.dataset.column = "conversation";
};

/** Shows the list, with the focus on the channel one comes from. */
export function showList() {
  below.dataset.column = "list";
  document.querySelector("#side .row[tabindex='0']")?.focus();
}

/** Whether the list is all one sees. */
export const onList = () => isPhone() && below.dataset.column === "list";

onWidth(() => !isPhone() && showConversation());
