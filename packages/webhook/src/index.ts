export {
  type ChannelNoticeBase,
  type MemberNoticeBase,
  type Notice,
  type NoticeBase,
  NoticeError,
  type NoticeRole,
  parseNotice,
} from './parse-notice.ts';
export { type NoticeHeaders, verify } from './verify.ts';
