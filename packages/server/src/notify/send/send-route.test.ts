import { expect, test } from 'bun:test';
import { guardWith } from './private-reach.ts';
import { routesMax, SendRoute, SendRoutes } from './send-route.ts';

const route = (url: string, allowPrivateNetwork = false) =>
  new SendRoute(url, { allowPrivateNetwork, guard: guardWith(() => []), ca: undefined });
const addresses = (made: SendRoute, found: readonly string[]) =>
  made.ways(found).map(({ target }) => target.address);

test('HOOK17: of the addresses found, those that are refused are left out, whatever list came before', () => {
  const made = route('https://a.example/x');
  const first = ['93.184.216.34', '10.0.0.1'];
  expect(addresses(made, first)).toEqual(['93.184.216.34']);
  expect(addresses(made, first)).toEqual(['93.184.216.34']);
  expect(addresses(made, ['10.0.0.1'])).toEqual([]);
  expect(addresses(made, ['10.0.0.1', '1.1.1.1'])).toEqual(['1.1.1.1']);
});

test('HOOK16: one URL with and without its private network is two routes', () => {
  const routes = new SendRoutes({ guard: guardWith(() => []), ca: undefined });
  const url = 'https://10.0.0.1/x';
  expect(addresses(routes.of(url, true), ['10.0.0.1'])).toEqual(['10.0.0.1']);
  expect(addresses(routes.of(url, false), ['10.0.0.1'])).toEqual([]);
  expect(routes.of('http://10.0.0.1/x', true).problem).toBeUndefined();
  expect(routes.of('http://10.0.0.1/x', false).problem).toContain('Plain http://');
});

test('HOOK17: connections of one name are not those of another at the same address', () => {
  const keyOf = (url: string) => route(url, true).ways(['1.1.1.1'])[0]?.key;
  const keys = ['https://a.example', 'https://b.example', 'http://a.example', 'https://a.example:8443'];
  expect(new Set(keys.map(keyOf)).size).toBe(keys.length);
});

test('HOOK2: the request names path, query, host and port as the URL does', () => {
  expect(route('https://a.example:8443/x/y?a=b%20c#part').head).toBe(
    'POST /x/y?a=b%20c HTTP/1.1\r\nHost: a.example:8443\r\nUser-Agent: Housecount\r\n',
  );
  expect(route('https://[2606:4700::1111]/').ways(['2606:4700::1111'])[0]?.target.port).toBe(443);
  expect(route('https://[2606:4700::1111]/').literal).toEqual(['2606:4700::1111']);
  expect(route('http://a.example/', true).ways(['10.0.0.1'])[0]?.target.port).toBe(80);
});

test('HOOK16: a URL that nothing may be sent to has its problem and leads nowhere', () => {
  for (const url of ['ftp://a.example/', 'not a url', 'https://me:secret@a.example/', ''])
    expect(route(url).problem).toBeString();
});

test('HOOK17: the routes remembered are bounded', () => {
  const routes = new SendRoutes({ guard: guardWith(() => []), ca: undefined });
  const first = routes.of('https://h0.example/', false);
  for (let host = 1; host < routesMax; host++) routes.of(`https://h${host}.example/`, false);
  expect(routes.of('https://h0.example/', false)).toBe(first);
  routes.of('https://one-more.example/', false);
  expect(routes.of('https://h0.example/', false)).not.toBe(first);
});
