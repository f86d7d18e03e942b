import { adoptSnapshot, needOf, noLives, presentLife } from '../channel-lives.ts';
import type { Channels } from '../channels.ts';
import type { Entry } from '../entry.ts';
import { RosterError } from '../roster-error.ts';
import { holeMax } from '../roster-limits.ts';
import type { Healer } from './healer.ts';
import { isPast, type LostRange } from './lost-events.ts';

/** Asking again in one healing: each answer may show that another is needed. */
const healRounds = 4;

/** Makes channels whole by what the server answers. */
export class Healing {
  readonly #heal: Healer;
  readonly #channels: Channels;
  readonly #fold: (channel: string, entries: readonly Entry[]) => Promise<unknown>;

  constructor(
    heal: Healer,
    channels: Channels,
    fold: (channel: string, entries: readonly Entry[]) => Promise<unknown>,
  ) {
    this.#heal = heal;
    this.#channels = channels;
    this.#fold = fold;
  }

  /** Asks for what happened since; throws RosterError `heal_failed` or what the healer threw. */
  async refresh(channel: string): Promise<void> {
    const { state } = await this.#channels.load(channel);
    if (state?.mode === 'plain') return;
    const life = state && presentLife(state);
    if (life && (await this.#askEvents(channel, life.sid, life.seq, Number.POSITIVE_INFINITY))) {
      const after = (await this.#channels.load(channel)).state;
      if (after?.mode === 'numbered' && presentLife(after) && !needOf(after)) return;
    }
    await this.askRoster(channel, []);
    await this.mend(channel);
  }

  /** Asks the server until the channel lacks nothing; throws RosterError `heal_failed` if it cannot be made whole. */
  async mend(channel: string): Promise<void> {
    for (let round = 0; round < healRounds; round++) {
      const { state } = await this.#channels.load(channel);
      const need = state?.mode === 'numbered' ? needOf(state) : undefined;
      if (!need) return;
      if (need.by === 'events' && round < healRounds - 1) {
        const [from, to] = need.hole;
        if (to - from < holeMax && (await this.#askEvents(channel, need.sid, from - 1, to))) continue;
      }
      await this.askRoster(channel, []);
    }
    const { state } = await this.#channels.load(channel);
    if (state?.mode === 'numbered' && needOf(state))
      throw new RosterError('heal_failed', 'What the server answered did not close the hole.');
  }

  /** Asks for events that the server says it will not send; throws as refresh does. */
  async healLost(range: LostRange): Promise<void> {
    const { channel, sid, toSeq } = range;
    const { state } = await this.#channels.load(channel);
    const life = state?.mode === 'numbered' ? state.lives.find((one) => one.sid === sid) : undefined;
    // When the life is not known here, its events do not say whether it or the known one goes on; the roster does.
    const hasEvents =
      life !== undefined &&
      toSeq - life.seq <= holeMax &&
      (await this.#askEvents(channel, sid, life.seq, toSeq)) &&
      (await this.#hasAll(range));
    if (!hasEvents) await this.askRoster(channel, []);
    await this.mend(channel);
  }

  async #hasAll(range: LostRange): Promise<boolean> {
    const { state } = await this.#channels.load(range.channel);
    return state?.mode === 'numbered' && isPast(state, range);
  }

  /** False: the server no longer has them. */
  async #askEvents(channel: string, sid: string, after: number, to: number): Promise<boolean> {
    const entries = await this.#heal.events({ channel, sid, after, to });
    if (!entries) return false;
    const isOwn = entries.every((entry) => entry.sid === sid);
    if (!isOwn) throw new RosterError('heal_failed', 'The server answered with events of another sid.');
    if (entries.length > 0) await this.#fold(channel, entries);
    return true;
  }

  /** Asks for the roster. `suspects` are lives that are over, unless the server names them. */
  async askRoster(channel: string, suspects: readonly string[]): Promise<void> {
    const { state } = await this.#channels.load(channel);
    const lives = state?.mode === 'numbered' ? state.lives : [];
    const known = [...lives.map(({ sid }) => sid), ...suspects];
    const snapshot = await this.#heal.roster(channel);
    await this.#channels.update(channel, (before) => {
      const start = before?.mode === 'numbered' ? before : noLives;
      const adopted = adoptSnapshot(start, snapshot, known);
      return {
        state: adopted.channel === noLives ? before : adopted.channel,
        changes: adopted.changes,
        answer: undefined,
      };
    });
  }
}
