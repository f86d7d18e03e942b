import { expect, test } from 'bun:test';
import { reference, toRoot, withoutBase } from './base-path.ts';

test.each([
  ['', '/v1/connect', '/v1/connect'],
  ['/', '/v1/connect', '/v1/connect'],
  ['/hc', '/hc/v1/connect', '/v1/connect'],
  ['/hc', '/v1/connect', '/v1/connect'],
  ['/hc', '/hc/', '/'],
  ['/hc', '/hc', undefined],
  ['/hc', '/hcx/v1', '/hcx/v1'],
  ['/a/b', '/a/b/demo', '/demo'],
])('PROXY8: below %p, %p is %p', (base, path, expected) => {
  expect(withoutBase(base, path)).toBe(expected as string);
});

test.each(['/v1/whip/app/channel', '/v1/whip/app/channel/', '/v1/whip/app/a%2Fb', '/', '/demo', '/demo/'])(
  'PROXY8: a reference from %p leads below the path that the client sees, whatever that is',
  (path) => {
    for (const seen of ['', '/hc', '/a/b']) {
      const at = `https://show.example.com${seen}${path}`;
      const target = `https://show.example.com${seen}/v1/media/x`;
      expect(new URL(reference('', path, '/v1/media/x'), at).href).toBe(target);
      expect(new URL(toRoot(path), at).pathname).toBe(`${seen}/`);
    }
    expect(reference('/hc', path, '/v1/media/x')).toBe('/hc/v1/media/x');
    expect(reference('/', path, '/v1/media/x')).toBe('/v1/media/x');
  },
);
