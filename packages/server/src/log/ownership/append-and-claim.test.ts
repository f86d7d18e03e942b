import { expect, test } from 'bun:test';
import { appendAndClaim } from '../../../testing/models/append-and-claim.ts';
import { explore } from '../../../testing/models/search.ts';
import { afterHearing } from '../../engine/open-append.ts';

const bounds = { commands: 2, claims: 2, crashes: 1, resends: 1 };
// A hang ends it; a slow machine does not.
const hangMs = 300_000;

test(
  'LOG34: in whatever order claims, appends, their copies and answers cross, one node decides at a time, and each outcome is true',
  () => {
    const { states, violation } = explore(appendAndClaim(bounds));
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(100_000);
  },
  hangMs,
);

test(
  'LOG34: with appends that do not fit the end of the log a batch is stored twice',
  () => {
    const { violation } = explore(appendAndClaim(bounds, { fits: () => true }));
    expect(violation?.what).toStartWith('a batch is stored twice');
  },
  hangMs,
);

test(
  'LOG34: with a look at the end where nothing was heard, instead of the same again, an append is refused and stored',
  () => {
    const model = appendAndClaim(bounds, {
      afterHearing(append, heard, log) {
        if (heard.type !== 'nothing') return afterHearing(append, heard);
        const next = log.next(append.expected);
        if (next?.id === append.id) return { ok: true, end: next.end };
        return { ok: false, reason: 'conflict', end: log.end };
      },
    });
    const { violation } = explore(model);
    expect(violation?.what).toStartWith('an append that was refused is in the log');
  },
  hangMs,
);

test(
  'LOG34: with another expectation the second time a batch is stored twice',
  () => {
    const model = appendAndClaim(bounds, { again: (append, { end }) => ({ ...append, expected: end }) });
    expect(explore(model).violation?.what).toStartWith('a batch is stored twice');
  },
  hangMs,
);

test(
  'LOG34: with every refusal taken for that of another, an append is refused and stored',
  () => {
    const model = appendAndClaim(bounds, {
      afterHearing: (append, heard) =>
        heard.type === 'refused'
          ? { ok: false, reason: 'conflict', end: heard.end }
          : afterHearing(append, heard),
    });
    expect(explore(model).violation?.what).toStartWith('an append that was refused is in the log');
  },
  hangMs,
);
