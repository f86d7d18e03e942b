import type { UID } from '../api/uid.ts';
import { aborted, failure } from '../errors.ts';
import type { MediaKind } from '../media/host-subscription.ts';

/** Hosts that may be waited for at a time: as many as the original lets one subscribe to. */
const awaitedMax = 50;

interface Awaited<Track> {
  readonly uid: UID;
  readonly kind: MediaKind;
  readonly resolve: (track: Promise<Track>) => void;
  readonly reject: (error: unknown) => void;
}

/** Subscriptions to what hosts do not send yet: each begins as soon as its host does. */
export class AwaitedHosts<Track> {
  #awaited: Awaited<Track>[] = [];

  /** Resolves with what `published` is given for this host and kind. Rejects INVALID_OPERATION if too many are waited for, OPERATION_ABORTED at the end. */
  add(uid: UID, kind: MediaKind): Promise<Track> {
    if (this.#awaited.length >= awaitedMax)
      return Promise.reject(failure('INVALID_OPERATION', `${awaitedMax} subscriptions wait for their hosts`));
    return new Promise((resolve, reject) => this.#awaited.push({ uid, kind, resolve, reject }));
  }

  /** A host sends this kind from now on; `subscribe` is called once if somebody waits for that. */
  published(uid: UID, kind: MediaKind, subscribe: () => Promise<Track>): void {
    const isMeant = (each: Awaited<Track>): boolean => each.uid === uid && each.kind === kind;
    const meant = this.#awaited.filter(isMeant);
    if (meant.length === 0) return;
    this.#awaited = this.#awaited.filter((each) => !isMeant(each));
    const subscribed = subscribe();
    for (const { resolve } of meant) resolve(subscribed);
  }

  end(): void {
    for (const { reject } of this.#awaited.splice(0)) reject(aborted('the client left the channel'));
  }
}
