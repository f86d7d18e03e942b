import type { ClientEvents } from '../api/client-events.ts';

/** The events that need the whole roster: whoever listens for one of them makes the client follow it. */
export const rosterEvents: ReadonlySet<keyof ClientEvents> = new Set([
  'audience-joined',
  'audience-left',
  'audience-count',
  'member-interrupted',
  'member-back',
]);
