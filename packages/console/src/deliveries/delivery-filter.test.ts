import { describe, expect, test } from 'bun:test';
import { filterOf, memberOf, queryOf, typedMember, wordsOfFilter } from './delivery-filter.ts';

describe('the filter of a search', () => {
  test('DEMO12: stands in the address and comes back from it as it was', () => {
    const filter = {
      endpoint: 'a b/ü&c=d',
      channel: 'live #1 & more',
      uid: 42,
      type: 105,
      status: 'given-up',
      from: 0,
      to: 1_700_000_000_000,
    } as const;
    expect(filterOf(new URLSearchParams(queryOf(filter).toString()))).toEqual(filter);
    expect(filterOf(queryOf({ account: 'Zoë~k3v9x' }))).toEqual({ account: 'Zoë~k3v9x' });
    expect(filterOf(new URLSearchParams('type=190'))).toEqual({ type: 190 });
    expect(queryOf({}).toString()).toBe('');
  });

  test('DEMO12: impossible values in an address are left out, and so are parameters that are no part of a filter', () => {
    const odd = 'uid=1e3&type=999&status=lost&from=-1&to=x&channel=&account=&app=abc&notice=1';
    expect(filterOf(new URLSearchParams(odd))).toEqual({});
  });

  test('DEMO12: digits are a uid, anything else is an account, and quotes make an account of digits', () => {
    expect(memberOf(' 42 ')).toEqual({ uid: 42 });
    expect(memberOf('"42"')).toEqual({ account: '42' });
    expect(memberOf('Ann~k3v9x')).toEqual({ account: 'Ann~k3v9x' });
    expect(memberOf('12345678901')).toEqual({ account: '12345678901' });
    expect(memberOf('"')).toEqual({ account: '"' });
    expect(memberOf('  ')).toEqual({});
    for (const member of [{ uid: 7 }, { account: '7' }, { account: '"7"' }, { account: 'x y' }, {}])
      expect(memberOf(typedMember(member))).toEqual(member);
  });

  test('DEMO12: says in words what it asks for', () => {
    expect(wordsOfFilter({ endpoint: 'main' })).toBe('all');
    expect(wordsOfFilter({ status: 'given-up', type: 105, channel: 'lobby', uid: 7 })).toBe(
      'given up, 105 audience joined, of channel lobby, of uid 7',
    );
  });
});
