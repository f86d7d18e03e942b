export {
  type ExpressLikeRequest,
  type ExpressLikeResponse,
  expressHandler,
  fetchHandler,
  type HandlerOptions,
  type NodeLikeRequest,
  type NodeLikeResponse,
  nodeHandler,
} from './handlers.ts';
export {
  type ChannelNoticeBase,
  type EventNotice,
  type EventsLostNotice,
  type MemberNoticeBase,
  type Notice,
  type NoticeBase,
  NoticeError,
  type NoticeRole,
} from './notice.ts';
export { parseNotice, parseNotices } from './parse-notice.ts';
export type { RosterSnapshot } from './roster/channel-lives.ts';
export type { ChannelState } from './roster/channel-state.ts';
export type { RosterChange } from './roster/channels.ts';
export type { Entry, RosterMember } from './roster/entry.ts';
export {
  type EventsQuery,
  type Healer,
  type RestHealerOptions,
  restHealer,
} from './roster/healing/healer.ts';
export type { EventsLostChange } from './roster/healing/lost-events.ts';
export {
  Roster,
  type RosterOptions,
  type RosterView,
  type Taken,
} from './roster/roster.ts';
export { RosterError, type RosterErrorCode } from './roster/roster-error.ts';
export type { RosterLimits } from './roster/roster-limits.ts';
export { type RunScript, redisStore } from './roster/stores/redis-store.ts';
export { type SqliteDatabase, sqliteStore } from './roster/stores/sqlite-store.ts';
export { memoryStore, type RosterStore, type StoredChannel } from './roster/stores/store.ts';
export { type NoticeHeaders, type VerifyOptions, verify } from './verify.ts';
