import { type NoticeType, noticeTypeNumbers, noticeTypes } from '@housecount/protocol';

const words: Readonly<Record<NoticeType, string>> = {
  [noticeTypes.channelCreate]: 'channel opened',
  [noticeTypes.channelDestroy]: 'channel closed',
  [noticeTypes.broadcasterJoin]: 'host joined',
  [noticeTypes.broadcasterLeave]: 'host left',
  [noticeTypes.audienceJoin]: 'audience joined',
  [noticeTypes.audienceLeave]: 'audience left',
  [noticeTypes.communicationJoin]: 'user joined',
  [noticeTypes.communicationLeave]: 'user left',
  [noticeTypes.becameBroadcaster]: 'came on stage',
  [noticeTypes.becameAudience]: 'stepped back',
};

/** What a notice number means, in two or three words; "unknown" for one of a newer server. */
export function wordsOfNotice(type: number): string {
  return noticeTypeNumbers.includes(type as NoticeType) ? words[type as NoticeType] : 'unknown';
}

/** For coloured badges: arrivals, departures, role changes and the channel itself each have one. */
export function colorOfNotice(type: number): string {
  switch (type) {
    case noticeTypes.broadcasterJoin:
    case noticeTypes.audienceJoin:
    case noticeTypes.communicationJoin:
      return 'teal';
    case noticeTypes.broadcasterLeave:
    case noticeTypes.audienceLeave:
    case noticeTypes.communicationLeave:
      return 'orange';
    case noticeTypes.becameBroadcaster:
    case noticeTypes.becameAudience:
      return 'violet';
    default:
      return 'blue';
  }
}
