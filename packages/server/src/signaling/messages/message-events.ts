import type { LogRecord } from '../../log/record/record.ts';
import { encode, type PublishNeeds, tellChannel, tellUser } from './publish.ts';

/**
 * Tells messages that are kept, from their records: to whoever subscribes here, in the order of the log, which is the same
 * everywhere, and under the time by which they are found again.
 */
export class MessageEvents {
  readonly #needs: PublishNeeds;

  constructor(needs: PublishNeeds) {
    this.#needs = needs;
  }

  absorb(record: LogRecord): void {
    if (record.type !== 'message') return;
    const { app, channelType, publisher: userId, atMs, ...publication } = record;
    const author = { app, userId };
    if (channelType === 'MESSAGE') tellChannel(this.#needs, encode(author, publication, atMs));
    // Whoever is not connected finds it in the history.
    else tellUser(this.#needs, author, publication, atMs);
  }
}
