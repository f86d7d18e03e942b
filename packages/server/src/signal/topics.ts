/** Topic of what every socket of a channel is told: its broadcasters and their streams. */
export const hostsTopic = (app: string, channel: string): string => `h/${app}/${channel}`;

/** Topic of the channel's roster, for those who follow it. */
export const rosterTopic = (app: string, channel: string): string => `r/${app}/${channel}`;
