/** Bus topic of what every socket of a channel is told: its broadcasters and their streams. */
export const hostsBusTopic = (app: string, channel: string): string => `h/${app}/${channel}`;

/** Bus topic of the channel's roster, for those who follow it. */
export const rosterBusTopic = (app: string, channel: string): string => `r/${app}/${channel}`;

/** Bus topic of one view of the channel's roster; `key` names the view and has no slash. */
export const rosterViewBusTopic = (app: string, channel: string, key: string): string =>
  `v/${app}/${key}/${channel}`;
