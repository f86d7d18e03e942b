/** Topic of what every socket of a channel is told: its broadcasters and their streams. */
export const hostsTopic = (app: string, channel: string): string => `h/${app}/${channel}`;

/** Topic of the channel's roster, for those who follow it. */
export const rosterTopic = (app: string, channel: string): string => `r/${app}/${channel}`;

/** Topic of one view of the channel's roster; `key` names the view and has no slash. */
export const viewTopic = (app: string, channel: string, key: string): string => `v/${app}/${key}/${channel}`;
