import { describe, expect, test } from 'bun:test';
import { type AddressKind, addressKind, mayConnect } from './address-guard.ts';

const cases: Record<AddressKind, string[]> = {
  public: [
    ...[
      '1.1.1.1',
      '8.8.8.8',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
    ],
    ...[
      '128.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.0.1.0',
      '192.1.0.0',
    ],
    ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '203.0.112.255', '223.255.255.255'],
    ...['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2001:4860:4860::8888', '2001:200::1', '2003::1'],
    ...['::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::8.8.8.8', '2a00::200:5efe:808:808'],
  ],
  private: [
    ...['10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '127.0.0.1', '127.255.255.255'],
    ...['169.254.0.1', '169.254.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
    ...['198.18.0.0', '198.19.255.255', '::1', '0:0:0:0:0:0:0:1', 'fc00::1', 'fdff:ffff::1', 'fe80::1'],
    ...['fe80::1%eth0', 'febf::1', 'fec0::1', '64:ff9b:1::1', '64:ff9b:1:ffff::8.8.8.8', '[::1]'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.1.2.3', '::FFFF:192.168.0.1', '64:ff9b::10.0.0.1'],
    ...['64:ff9b::7f00:1', '2a00:1:2:3:0:5efe:10.0.0.1', '2a00:1:2:3:200:5efe:7f00:1'],
  ],
  metadata: [
    ...[
      '169.254.169.254',
      '169.254.169.253',
      '169.254.0.23',
      '169.254.42.42',
      '100.96.0.96',
      '169.254.170.2',
      '169.254.170.23',
      '100.100.100.200',
      '192.0.0.192',
      '168.63.129.16',
    ],
    ...['fd00:ec2::254', 'fd00:0ec2:0:0:0:0:0:254', 'fd00:ec2::23', 'fd20:ce::254'],
    ...['fd00:42::42', 'fe80::a9fe:a9fe', 'fe80::a9fe:a9fe%eth0'],
    ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe'],
  ],
  unusable: [
    ...['0.0.0.0', '0.255.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '198.51.100.255', '203.0.113.1'],
    ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '::', '::ffff:0.0.0.0', '64:ff9b::'],
    ...[
      '::127.0.0.1',
      '::8.8.8.8',
      '::2',
      '100::1',
      '2001::1',
      '2001:0:a9fe:a9fe::',
      '2001:10::1',
      '2001:1ff::1',
    ],
    ...[
      '2001:db8::1',
      '2002:7f00:1::',
      '2002:808:808::1',
      '3fff::1',
      '3fff:fff::1',
      '4000::1',
      '5f00::1',
      'ff02::1',
    ],
    ...['::ffff:0:8.8.8.8', '1fff::1', 'e000::', 'fe00::1'],
    ...[
      '',
      'localhost',
      '127.1',
      '0x7f.0.0.1',
      '0177.0.0.1',
      '2130706433',
      '1.2.3.4.5',
      '::g',
      '1.2.3',
      ' 8.8.8.8',
      '8.8.8.8%eth0',
      '2606:4700:4700::1111%eth0',
    ],
  ],
};

describe('addressKind', () => {
  for (const [kind, addresses] of Object.entries(cases))
    test.each(addresses.map((address) => [address]))(`HOOK16: %p is ${kind}`, (address) => {
      expect<string>(addressKind(address)).toBe(kind);
    });

  test('HOOK16: an endpoint that allows its private network reaches private addresses, and still no others', () => {
    const allowed = (kind: AddressKind) => [
      cases[kind].every((address) => mayConnect(address, false)),
      cases[kind].every((address) => mayConnect(address, true)),
    ];
    const never = (kind: AddressKind) => cases[kind].some((address) => mayConnect(address, true));
    expect(allowed('public')).toEqual([true, true]);
    expect(cases.private.some((address) => mayConnect(address, false))).toBe(false);
    expect(cases.private.every((address) => mayConnect(address, true))).toBe(true);
    expect([never('metadata'), never('unusable')]).toEqual([false, false]);
  });
});
