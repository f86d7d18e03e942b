import { expect, test } from 'bun:test';
import { clientReader, nobodyTrusted, type ProxyTrust } from './client.ts';
import { parseNetwork } from './network.ts';

const trust = (header: ProxyTrust['header'], ...proxies: string[]): ProxyTrust => ({
  header,
  proxies: proxies.map((text) => parseNetwork(text) ?? expect.unreachable(text)),
});
const near = trust('auto', '127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48');
const url = 'http://127.0.0.1:7080/v1/connect';

function clientOf(peer: string, headers: Record<string, string>, trusted = near) {
  return clientReader(trusted)(peer, { url, headers: new Headers(headers) });
}

test('PROXY1: nobody is trusted by default, and whoever is not trusted is the client, whatever it says', () => {
  const said = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1;proto=https;host=a' };
  const itself = { isProxied: false, origin: 'http://127.0.0.1:7080' };
  expect(clientOf('127.0.0.1', said, nobodyTrusted)).toEqual({ address: '127.0.0.1', ...itself });
  expect(clientOf('203.0.113.1', { ...said, 'x-forwarded-proto': 'https' })).toEqual({
    address: '203.0.113.1',
    ...itself,
  });
});

test.each([
  ['the one before the proxy', '198.51.100.1', '198.51.100.1'],
  ['what the client claims of itself stands to the left', '1.1.1.1, 127.0.0.1, 198.51.100.1', '198.51.100.1'],
  ['past every trusted hop', '1.1.1.1, 198.51.100.1, 10.1.2.3, 10.9.9.9', '198.51.100.1'],
  ['if all are trusted, the first', '10.1.2.3, 10.9.9.9', '10.1.2.3'],
  ['with a port', '198.51.100.1:4711', '198.51.100.1'],
  ['IPv6 in its one form', '2001:DB8:0:0::0001', '2001:db8::1'],
  ['IPv6 in brackets, with a port', '[2001:db8::1]:80', '2001:db8::1'],
  ['IPv4 in IPv6', '::ffff:198.51.100.1', '198.51.100.1'],
  ['IPv4 in IPv6, a trusted hop', '198.51.100.1, ::ffff:10.0.0.1', '198.51.100.1'],
  ['empty items are none', ', 198.51.100.1, ,', '198.51.100.1'],
  ['a proxy that does not say speaks for itself', '198.51.100.1, unknown', '127.0.0.1'],
  ['nothing said', '', '127.0.0.1'],
  ['nonsense', '198.51.100.1; drop', '127.0.0.1'],
])('PROXY2: X-Forwarded-For is read from the right: %s', (_, header, address) => {
  expect(clientOf('127.0.0.1', { 'x-forwarded-for': header })).toMatchObject({ address, isProxied: true });
  expect(clientOf('::ffff:127.0.0.1', { 'x-forwarded-for': header }).isProxied).toBe(true);
});

test.each([
  ['one hop', 'for=198.51.100.1', '198.51.100.1'],
  ['in any case, with more', 'By=10.0.0.1; FOR="198.51.100.1:47011";proto=http', '198.51.100.1'],
  ['IPv6', 'for="[2001:db8:0::1]:4711"', '2001:db8::1'],
  ['past trusted hops', 'for=1.1.1.1, for=198.51.100.1;proto=https, for=10.0.0.7', '198.51.100.1'],
  ['a quote that the client left open', 'for="1.1.1.1, for=198.51.100.1', '198.51.100.1'],
  ['two that it left open', 'for="x\\, for="[2001:db8::1]"', '2001:db8::1'],
  ['hidden', 'for=198.51.100.1, for=_hidden', '127.0.0.1'],
  ['a hop that says nothing of it', 'for=198.51.100.1, proto=https', '127.0.0.1'],
])('PROXY2: Forwarded is read from the right: %s', (_, header, address) => {
  expect(clientOf('127.0.0.1', { forwarded: header }).address).toBe(address);
});

test('PROXY2: of the two headers the one counts that the proxies write', () => {
  const both = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.2' };
  const of = (header: ProxyTrust['header'], headers: Record<string, string> = both) =>
    clientOf('127.0.0.1', headers, trust(header, '127.0.0.1')).address;
  expect(of('auto')).toBe('198.51.100.1');
  expect(of('x-forwarded-for')).toBe('198.51.100.1');
  expect(of('forwarded')).toBe('198.51.100.2');
  expect(of('x-forwarded-for', { forwarded: 'for=198.51.100.2' })).toBe('127.0.0.1');
  expect(of('forwarded', { 'x-forwarded-for': '198.51.100.1' })).toBe('127.0.0.1');
});

test.each([
  [{}, 'http://127.0.0.1:7080'],
  [{ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'show.example.com' }, 'https://show.example.com'],
  [
    { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'HTTPS', 'x-forwarded-host': 'a.example:8443' },
    'https://a.example:8443',
  ],
  // Two hops, of which the outer one was reached by https.
  [
    { 'x-forwarded-for': '1.2.3.4, 10.0.0.7', 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'a' },
    'https://a',
  ],
  [{ forwarded: 'for=1.2.3.4;proto=https;host="a.example:8443"' }, 'https://a.example:8443'],
  [{ 'x-forwarded-proto': 'javascript' }, 'http://127.0.0.1:7080'],
])('PROXY3: scheme and host are those that the client asked a trusted proxy for: %j', (headers, origin) => {
  expect(clientOf('127.0.0.1', headers as Record<string, string>).origin).toBe(origin);
  expect(clientOf('203.0.113.1', headers as Record<string, string>).origin).toBe('http://127.0.0.1:7080');
});

test('PROXY2: a header of the greatest length is read in passing', () => {
  const reads = clientOf('127.0.0.1', { forwarded: `${',"'.repeat(8_000)}, for=198.51.100.1` });
  expect(reads.address).toBe('198.51.100.1');
});

test('PROXY4: who is not trusted and sends such headers is told of', () => {
  const told: string[] = [];
  const read = clientReader(near, (peer) => told.push(peer));
  read('::ffff:192.168.0.9', { url, headers: new Headers({ 'x-forwarded-for': '1.2.3.4' }) });
  read('192.168.0.9', { url, headers: new Headers() });
  read('127.0.0.1', { url, headers: new Headers({ 'x-forwarded-for': '1.2.3.4' }) });
  expect(told).toEqual(['192.168.0.9']);
});
