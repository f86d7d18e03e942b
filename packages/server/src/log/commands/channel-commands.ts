import type { Channel, ChannelKey } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../../channel/command.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import { evolve } from '../../channel/evolve.ts';
import { memberOf } from '../../channel/membership/decide.ts';
import type { Clock, Random } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Asked, CommandOutcome, Commands, JoinOutcome, JoinRequest } from '../contract/commands.ts';
import { decideCommand } from '../decide/command.ts';
import { decideJoin } from '../decide/join.ts';
import type { LogRecord } from '../record/record.ts';
import type { LogState } from '../state/state.ts';
import type { WriteGap } from '../time/write-gap.ts';
import type { Asks, Decide } from './asks.ts';

export interface ChannelCommandsOptions {
  readonly state: Pick<LogState, 'channel'>;
  readonly asks: Asks;
  readonly random: Random;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The time in which nothing could be recorded. */
  readonly gap: Pick<WriteGap, 'endsFromMs'>;
  /** The number of the node's incarnation that clients come to. */
  readonly on: number;
}

/** The commands that report facts: they happened, whether or not there is room to write them down. */
const facts: ReadonlySet<Asked['type']> = new Set(['leave', 'silent', 'heard', 'kick', 'lock-holder']);
const isFact = (command: Asked): boolean =>
  command.type === 'set-streams' ? command.isFact === true : facts.has(command.type);

/** The commands to channels, of every kind: decided and recorded, then answered. */
export class ChannelCommands implements Commands {
  readonly #options: ChannelCommandsOptions;

  constructor(options: ChannelCommandsOptions) {
    this.#options = options;
  }

  async join(request: JoinRequest): Promise<JoinOutcome> {
    const { state, asks, random, on } = this.#options;
    const { key, connectionId } = request;
    const outcome = await asks.request((draft, nowMs) => decideJoin(draft, request, random, nowMs, on));
    if (!outcome.ok) return outcome;
    const channel = state.channel(key);
    const member = memberOf(channel, connectionId);
    // Kicked or replaced in the same batch: it was in, and is out again.
    if (channel.sid === undefined || !member) return { ok: false, code: 'replaced' };
    return { ok: true, channel, member, resumed: outcome.records.some(isResumed) };
  }

  async submit(key: ChannelKey, command: Asked): Promise<CommandOutcome> {
    if (command.type === 'kick') return this.#kick(key, command);
    const { state, asks, gap } = this.#options;
    const told = this.#told(command);
    let written: Channel | undefined;
    const decide: Decide = (draft, nowMs) => {
      const decided = decideCommand(draft, key, endingFrom(told, gap.endsFromMs), nowMs);
      if (decided.ok && command.type === 'change-metadata')
        written = changesOf(decided.records).reduce(evolve, draft.channel(key));
      return decided;
    };
    const outcome = await (isFact(command) ? asks.fact(decide) : asks.request(decide));
    if (!outcome.ok) return outcome;
    return { ok: true, channel: written ?? state.channel(key), changes: changesOf(outcome.records) };
  }

  /** The command as it is decided, however long it waits for that: where it was asked, and when a silence or an absence began. */
  #told(command: Exclude<Asked, { type: 'kick' }>): Exclude<ChannelCommand, JoinCommand> {
    const { clock, on } = this.#options;
    if (command.type === 'resume') return { ...command, on };
    if (command.type === 'lock-holder') {
      const { offlineMs, ...holder } = command;
      return { ...holder, offlineSinceMs: offlineMs === undefined ? undefined : clock.nowMs() - offlineMs };
    }
    if (command.type !== 'silent') return command;
    const { silentMs, ...silence } = command;
    return { ...silence, lastHeardMs: clock.nowMs() - silentMs };
  }

  /** A kick of any number of members: each slice is a transaction, and others are decided in between. Nobody is meant who came after the first. */
  async #kick(key: ChannelKey, command: Extract<Asked, { type: 'kick' }>): Promise<CommandOutcome> {
    const { state, asks } = this.#options;
    const changes: ChannelChange[] = [];
    let { arrivedBy } = command;
    for (;;) {
      let asked = command;
      const outcome = await asks.fact((draft, nowMs) => {
        asked = withArrivedBy(command, arrivedBy ?? endOf(draft.channel(key)));
        return decideCommand(draft, key, asked, nowMs);
      });
      if (!outcome.ok) return outcome;
      arrivedBy = asked.arrivedBy;
      const slice = changesOf(outcome.records);
      changes.push(...slice);
      const left = slice.filter(({ type }) => type === 'member-left').length;
      if (left < fixed.transactionMembersMax) return { ok: true, channel: state.channel(key), changes };
    }
  }
}

/** What is told of somebody's silence or absence, which after a gap ends nothing before the time given: it may have waited, and they be back. */
function endingFrom<Told extends { readonly type: ChannelCommand['type'] }>(
  told: Told,
  endsFromMs: number | undefined,
): Told {
  if (endsFromMs === undefined || (told.type !== 'silent' && told.type !== 'lock-holder')) return told;
  return { ...told, endsFromMs };
}

const isResumed = (record: LogRecord): boolean =>
  record.type === 'channel' && record.change.type === 'link-live';

const changesOf = (records: readonly LogRecord[]) =>
  records.flatMap((record) => (record.type === 'channel' ? [record.change] : []));

type ArrivedBy = Extract<Asked, { type: 'kick' }>['arrivedBy'];

const withArrivedBy = <Kick extends object>(kick: Kick, arrivedBy: ArrivedBy) =>
  arrivedBy === undefined ? kick : { ...kick, arrivedBy };

/** The place in its life up to which a channel has come. */
const endOf = (channel: Channel): ArrivedBy =>
  channel.sid === undefined ? undefined : { sid: channel.sid, seq: channel.seq };
