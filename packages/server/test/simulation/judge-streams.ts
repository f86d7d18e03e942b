import type { StreamState } from '@housecount/protocol';
import { streamsOf } from '../../src/channel/membership/streams.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { type LogRecord, liveChangeOf } from '../../src/log/record/record.ts';
import type { SimClient } from './sim-client.ts';
import { isSignaling, rosterOf } from './sim-signaling.ts';
import { type Truth, written } from './truth.ts';

const nothing: StreamState = { audio: false, video: false };

/** A member as the slow, obvious fold sees it. */
interface Sender {
  readonly connectionId: string;
  readonly isHost: boolean;
  readonly sends: StreamState;
}

/** The faults in what hosts send, going by the records, by what is served, and by what they say themselves. */
export function judgeStreams(
  records: readonly LogRecord[],
  {
    log,
    truth,
    clients,
  }: { readonly log: Log; readonly truth: Truth; readonly clients: readonly SimClient[] },
): readonly string[] {
  const { senders, wrong } = fold(records, truth);
  for (const { isIn, sends, options } of clients) {
    const { channel, uid } = options;
    if (!isIn || isSignaling(channel)) continue;
    const name = `${channel}: uid ${uid}`;
    const told = senders.get(nameOf(channel, uid))?.sends ?? nothing;
    if (written(told) !== written(sends))
      wrong.push(`${name} sends ${written(sends)}, and ${written(told)} in the log`);
    const member = rosterOf(log, channel).find((each) => each.uid === uid);
    const served = member ? streamsOf(member) : nothing;
    if (written(served) !== written(told))
      wrong.push(`${name} is served as sending ${written(served)}, and ${written(told)} in the log`);
  }
  return wrong;
}

function fold(records: readonly LogRecord[], truth: Truth) {
  const senders = new Map<string, Sender>();
  const wrong: string[] = [];
  for (const record of records) {
    // A server that starts again has nothing of what anybody sent before.
    if (record.type === 'node-lost')
      for (const [name, sender] of senders) senders.set(name, { ...sender, sends: nothing });
    const change = liveChangeOf(record);
    if (!change || !('channel' in change) || !('uid' in change)) continue;
    const name = nameOf(change.channel, change.uid);
    const sender = senders.get(name);
    if (change.type === 'member-joined') {
      const { connectionId, role } = change;
      senders.set(name, { connectionId, isHost: role === 'broadcaster', sends: nothing });
    }
    if (change.type === 'member-left') senders.delete(name);
    if (change.type === 'role-changed' && sender)
      senders.set(name, {
        ...sender,
        isHost: change.role === 'broadcaster',
        ...(change.role === 'audience' && { sends: nothing }),
      });
    if (change.type !== 'streams-set') continue;
    const sends = written(change);
    if (!sender?.isHost) wrong.push(`${name} sends ${sends}, and is no host`);
    else {
      if (sends === written(sender.sends)) wrong.push(`${name} sends ${sends}: that was known`);
      if (!truth.saidStreams(sender.connectionId, change))
        wrong.push(`${name} sends ${sends}: it never said so`);
      senders.set(name, { ...sender, sends: { audio: change.audio, video: change.video } });
    }
  }
  return { senders, wrong };
}

const nameOf = (channel: string, uid: number): string => `${channel}: uid ${uid}`;
