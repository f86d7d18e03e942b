import { expect, test } from 'bun:test';
import type { Route } from './route.ts';
import { Router } from './router.ts';

const route = (method: Route['method'], path: string): Route => ({
  method,
  path,
  handle: () => new Response(path),
});
const router = new Router([
  route('GET', '/'),
  route('GET', '/v1/apps/{app}/channels/{channel}'),
  route('DELETE', '/v1/apps/{app}/channels/{channel}'),
  route('GET', '/v1/apps/{app}/channels/all'),
  route('POST', '/v1/apps/{id}/channels/{name}'),
  route('GET', '/assets/{rest*}'),
  route('HEAD', '/v1/whep/{channel}'),
  route('GET', '/v1/whep/{channel}'),
]);
/** Method and template of the route, without the parameters. */
const leadsTo = (method: string, path: string) => {
  const match = router.match(method, path);
  return match.found === 'route' ? `${match.route.method} ${match.route.path}` : match.found;
};
const found = (method: string, path: string) => {
  const match = router.match(method, path);
  if (match.found === 'route') return [match.route.method, match.route.path, { ...match.params }];
  if (match.found === 'nothing') return match;
  // A refusal looks like those of the resource's own routes.
  expect(match.route.path).not.toBe('');
  const { route: _, ...rest } = match;
  return rest;
};

test('WIRE42: parameters take one segment, percent-decoded, and never an empty one', () => {
  expect(found('GET', '/v1/apps/a/channels/town%20hall%2F%25')).toEqual([
    'GET',
    '/v1/apps/{app}/channels/{channel}',
    { app: 'a', channel: 'town hall/%' },
  ]);
  for (const path of ['/v1/apps/a/channels/', '/v1/apps//channels/x', '/v1/apps/a/channels', '//', ''])
    expect(found('GET', path)).toEqual({ found: 'nothing' });
  for (const path of ['/v1/apps/a/channels/%', '/v1/apps/%ff/channels/x', '/assets/%zz'])
    expect(found('GET', path)).toEqual({ found: 'bad-path' });
});

test('WIRE42: the rest takes all that follows, also nothing', () => {
  expect(found('GET', '/assets/a/b%20c/d')).toEqual(['GET', '/assets/{rest*}', { rest: 'a/b c/d' }]);
  expect(found('GET', '/assets/')).toEqual(['GET', '/assets/{rest*}', { rest: '' }]);
  expect(found('GET', '/assets')).toEqual({ found: 'nothing' });
});

test('WIRE42: literal text wins over a parameter, for the methods it has', () => {
  expect(found('GET', '/v1/apps/a/channels/all')).toEqual([
    'GET',
    '/v1/apps/{app}/channels/all',
    { app: 'a' },
  ]);
  expect(leadsTo('DELETE', '/v1/apps/a/channels/all')).toBe('DELETE /v1/apps/{app}/channels/{channel}');
});

test('WIRE42: routes of one shape may name their parameters differently', () => {
  expect(found('POST', '/v1/apps/a/channels/b')).toMatchObject([
    'POST',
    expect.any(String),
    { id: 'a', name: 'b' },
  ]);
});

test('WIRE41: another method names those there are; HEAD falls back to GET unless it has its own route', () => {
  expect(found('PUT', '/v1/apps/a/channels/b')).toEqual({
    found: 'other-methods',
    allow: ['DELETE', 'GET', 'HEAD', 'POST'],
  });
  expect(leadsTo('HEAD', '/')).toBe('GET /');
  expect(leadsTo('HEAD', '/v1/whep/x')).toBe('HEAD /v1/whep/{channel}');
  expect(found('get', '/')).toEqual({ found: 'other-methods', allow: ['GET', 'HEAD'] });
});

test('WIRE54: a slash at the end is not looked at, where no template has one', () => {
  expect(leadsTo('GET', '/v1/apps/a/channels/all/')).toBe('GET /v1/apps/{app}/channels/all');
  expect(found('DELETE', '/v1/apps/a/channels/b/')).toMatchObject([
    'DELETE',
    expect.any(String),
    { app: 'a', channel: 'b' },
  ]);
  expect(found('PUT', '/v1/apps/a/channels/b/')).toMatchObject({ found: 'other-methods' });
  expect(found('GET', '/v1/apps/a/channels/b//')).toEqual({ found: 'nothing' });
  expect(found('GET', '//')).toEqual({ found: 'nothing' });
  const own = new Router([route('GET', '/a'), route('GET', '/a/')]).match('GET', '/a/');
  expect(own).toMatchObject({ route: { path: '/a/' } });
});

test('WIRE42: names that objects have of themselves are just names', () => {
  expect(found('GET', '/v1/apps/__proto__/channels/constructor')).toEqual([
    'GET',
    '/v1/apps/{app}/channels/{channel}',
    { app: '__proto__', channel: 'constructor' },
  ]);
});

test('WIRE42: a route given twice, or a rest that is not last, is a mistake at start-up', () => {
  expect(() => new Router([route('GET', '/a/{b}'), route('GET', '/a/{c}')])).toThrow();
  expect(() => new Router([route('GET', '/a/{b*}/c')])).toThrow();
});
