import type { Delivery } from '@housecount/client';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { usePoll } from '../api/use-poll.ts';
import { type DeliveryFilter, queryOf } from './delivery-filter.ts';
import { lookBack } from './look-back.ts';

const searchEveryMs = 5_000;

export interface Search {
  /** The deliveries, newest first; undefined until the first answer. */
  readonly rows: readonly Delivery[] | undefined;
  /** True when there may be older ones. */
  readonly hasMore: boolean;
  /** True while older ones are requested. */
  readonly busy: boolean;
  readonly error: unknown;
  /** The error of the last request for older ones. */
  readonly moreError: unknown;
  /** The number of new deliveries since the list stands still, which it does once older ones were requested; undefined while it moves. */
  readonly newer: number | undefined;
  more(): void;
  /** Back to the newest ones, as they are now. */
  refresh(): void;
}

interface Still {
  readonly key: string;
  readonly rows: readonly Delivery[];
  readonly next?: number;
}

/** Deliveries that fit a filter: the newest page, kept fresh, until older ones are asked for. */
export function useSearch(app: string, filter: DeliveryFilter): Search {
  const key = `${app}?${queryOf(filter)}`;
  const ask = (signal: AbortSignal) => (cursor: number | undefined, limit: number) =>
    api.call(
      'searchDeliveries',
      { app, ...filter, limit, ...(cursor !== undefined && { cursor }) },
      { signal },
    );
  const { value, error, again } = usePoll(key, (signal) => lookBack(ask(signal)), searchEveryMs);
  const [kept, setStill] = useState<Still>();
  const [busyKey, setBusyKey] = useState<string>();
  const [failed, setFailed] = useState<{ key: string; error: unknown }>();
  // Rows that were kept for another search are not used.
  const still = kept?.key === key ? kept : undefined;
  const busy = busyKey === key;

  const more = async () => {
    const before = still ?? (value && { rows: value.deliveries, next: value.next });
    if (before?.next === undefined || busy) return;
    setBusyKey(key);
    setFailed(undefined);
    try {
      const page = await lookBack(ask(new AbortController().signal), before.next);
      setStill({
        key,
        rows: [...before.rows, ...page.deliveries],
        ...(page.next !== undefined && { next: page.next }),
      });
    } catch (cause) {
      setFailed({ key, error: cause });
    }
    setBusyKey(undefined);
  };

  return {
    rows: still ? withFresh(still.rows, value?.deliveries ?? []) : value?.deliveries,
    hasMore: (still ?? value)?.next !== undefined,
    busy,
    error,
    moreError: failed?.key === key ? failed.error : undefined,
    newer: still && newerThan(still.rows, value?.deliveries ?? []),
    more: () => void more(),
    refresh() {
      setStill(undefined);
      again();
    },
  };
}

/** Names a delivery on this page. */
export function keyOf({ endpoint, noticeId }: Pick<Delivery, 'endpoint' | 'noticeId'>): string {
  return `${noticeId}@${endpoint}`;
}

/** The same rows, each as it is now where that is known. */
function withFresh(rows: readonly Delivery[], fresh: readonly Delivery[]): readonly Delivery[] {
  const known = new Map(fresh.map((delivery) => [keyOf(delivery), delivery]));
  return rows.map((row) => known.get(keyOf(row)) ?? row);
}

/** The number of fresh deliveries that are newer than all rows. */
function newerThan(rows: readonly Delivery[], fresh: readonly Delivery[]): number {
  const known = new Set(rows.map(keyOf));
  const first = fresh.findIndex((delivery) => known.has(keyOf(delivery)));
  return first < 0 ? fresh.length : first;
}
