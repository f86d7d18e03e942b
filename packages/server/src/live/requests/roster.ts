import type { RosterViewRequest } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { RosterReader } from '../../rosters/roster-subscription.ts';
import type { ViewReader } from '../../rosters/roster-views.ts';
import { keyOf, rangeOf } from '../../rosters/window.ts';
import type { Membership } from '../membership.ts';
import { rosterBusTopic, rosterViewBusTopic } from '../roster/bus-topics.ts';
import type { FanOut } from '../roster/fan-out.ts';
import type { Answer, Requester, RequestOf } from './request.ts';

export interface RosterNeeds {
  readonly fanOut: Pick<FanOut, 'followRoster' | 'followView' | 'hasRoomForView'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export function maySeeRoster({ app, role }: Membership): boolean {
  return app.rosterVisibleTo === 'everyone' || role === 'broadcaster';
}

/** Follows the roster, or a view of it, once the answer is sent; in place of what was followed. */
export function followRoster(
  needs: RosterNeeds,
  requester: Requester,
  { view, sid, after = 0 }: RequestOf<'subscribe-roster'>,
): Answer {
  if (view) return followView(needs, requester, view);
  const cursor = sid === undefined ? undefined : { sid, after };
  return { afterOk: () => followWhole(needs, requester, cursor) };
}

/** Ends the roster stream of this connection, if it has one. */
export function leaveRoster(member: Membership): void {
  member.roster?.stop();
  member.roster = undefined;
}

function followWhole(
  { fanOut }: RosterNeeds,
  { member, socket, onSlow }: Requester,
  cursor?: { sid: string; after: number },
): void {
  leaveRoster(member);
  const { app, channel } = member;
  const topic = rosterBusTopic(app.id, channel);
  const reader: RosterReader = {
    send: (text) => socket.send(text),
    bufferedBytes: () => socket.bufferedBytes(),
    goLive: () => socket.subscribe(topic),
    leaveLive: () => socket.unsubscribe(topic),
    onSlow,
  };
  member.roster = fanOut.followRoster(app.id, channel, reader, cursor);
}

function followView(
  { fanOut, clock }: RosterNeeds,
  { member, socket }: Requester,
  view: RosterViewRequest,
): Answer {
  const { app, channel } = member;
  const mayPublish = member.publishEndsMs > clock.nowMs();
  const leaving = member.roster && { leaving: member.roster };
  if (!fanOut.hasRoomForView(app.id, channel, view, { mayPublish, ...leaving }))
    return { code: 'windows_full' };
  const topic = rosterViewBusTopic(app.id, channel, keyOf(rangeOf(view)));
  const reader: ViewReader = {
    send: (text) => socket.send(text),
    goLive: () => socket.subscribe(topic),
    leaveLive: () => socket.unsubscribe(topic),
  };
  return {
    afterOk: () => {
      leaveRoster(member);
      member.roster = fanOut.followView(app.id, channel, view, reader);
    },
  };
}
