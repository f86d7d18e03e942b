import type { ChannelEvent, HostJoinedFrame, HostLeftFrame } from '@housecount/protocol';
import type { Streams } from './streams.ts';

/** Makes the frame that everybody in the channel is told of an event, if it is about a broadcaster. */
export function hostFrameOf(
  event: ChannelEvent,
  streams: Pick<Streams, 'of'>,
): HostJoinedFrame | HostLeftFrame | undefined {
  switch (event.type) {
    case 'channel-opened':
    case 'channel-closed':
      return undefined;
    case 'member-joined':
      return event.role === 'broadcaster' ? joined(event, streams) : undefined;
    case 'member-left':
      return event.role === 'broadcaster'
        ? left(event, event.reason === 'timeout' ? 'timeout' : 'quit')
        : undefined;
    case 'role-changed':
      return event.role === 'broadcaster' ? joined(event, streams) : left(event, 'became-audience');
  }
}

type MemberEvent = Extract<ChannelEvent, { uid: number }>;

function joined(event: MemberEvent, streams: Pick<Streams, 'of'>): HostJoinedFrame {
  const { app, channel, sid, seq, uid, account } = event;
  const { audio, video } = streams.of(app, channel, uid);
  return {
    type: 'host-joined',
    sid,
    seq,
    host: { uid, ...(account !== undefined && { account }), audio, video },
  };
}

function left({ sid, seq, uid }: MemberEvent, reason: HostLeftFrame['reason']): HostLeftFrame {
  return { type: 'host-left', sid, seq, uid, reason };
}
