import { eventsLostType, type NoticeNumber, noticeTypeNumbers, noticeTypes } from '@housecount/protocol';

/** Every number that a notice may have: those that an endpoint chooses from, and the word of lost events. */
export const noticeNumbers: readonly NoticeNumber[] = [...noticeTypeNumbers, eventsLostType];

const words: Readonly<Record<NoticeNumber, string>> = {
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
  [eventsLostType]: 'events lost',
};

/** Words a notice number in two or three words; "unknown" for one of a newer server. */
export function wordsOfNotice(type: number): string {
  return noticeNumbers.includes(type as NoticeNumber) ? words[type as NoticeNumber] : 'unknown';
}

/** The colour of a notice's badge: arrivals, departures, role changes and the channel itself each have one. */
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
    case eventsLostType:
      return 'red';
    default:
      return 'blue';
  }
}
