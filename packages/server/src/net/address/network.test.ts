import { expect, test } from 'bun:test';
import { parseIp } from './ip-address.ts';
import { contains, parseNetwork } from './network.ts';

const holds = (network: string, address: string) => {
  const parsed = parseNetwork(network);
  const bytes = parseIp(address);
  if (!parsed || !bytes) throw new Error(`${network} ${address}`);
  return contains(parsed, bytes);
};

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.1.1.1', true],
  ['::ffff:10.0.0.0/104', '10.1.1.1', true],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['192.0.2.128/25', '192.0.2.127', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '::1', false],
  ['::/0', '10.0.0.1', false],
])('PROXY5: %p holds %p: %p', (network, address, expected) => {
  expect(holds(network, address)).toBe(expected);
});

test.each([
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0/8',
  'localhost',
  'fe80::1%eth0',
  '1.2.3.4/-1',
])('PROXY5: %p is no network', (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});
