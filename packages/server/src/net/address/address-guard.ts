import { parseIp, unmapped } from './ip-address.ts';
import { contains, type Network, parseNetwork } from './network.ts';

/**
 * Which addresses a notice may be sent to. Whoever may name a URL must not reach with it what only this machine can
 * reach. Sources: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890 and its updates).
 *
 * - `public`: always.
 * - `private`: loopback, private, shared, link-local and unique local networks: only if the endpoint allows its private network.
 * - `metadata`: the places where clouds keep a machine's credentials: never, no receiver lives there.
 * - `unusable`: unspecified, multicast, reserved, documentation, retired transition networks: never.
 */
export type AddressKind = 'public' | 'private' | 'metadata' | 'unusable';

export function mayConnect(address: string, allowPrivateNetwork: boolean): boolean {
  const kind = addressKind(address);
  return kind === 'public' || (kind === 'private' && allowPrivateNetwork);
}

export function addressKind(address: string): AddressKind {
  const bytes = parseIp(address);
  if (!bytes) return 'unusable';
  const kind = bytes.length === 4 ? kindOfIpv4(bytes) : kindOfIpv6(bytes);
  // A zone belongs to an address of this machine's own links. Behind a public one it is a trick: what connects might
  // take the text for a name and ask for its address anew.
  return kind === 'public' && address.includes('%') ? 'unusable' : kind;
}

interface KnownNetwork extends Network {
  readonly kind: AddressKind;
}

/** First match decides, so metadata addresses stand before the networks they lie in. */
const ipv4Networks: readonly KnownNetwork[] = [
  // AWS, Google, Azure, DigitalOcean, Hetzner and others, with AWS's DNS beside it; AWS ECS and EKS credentials.
  network('169.254.169.254/32', 'metadata'),
  network('169.254.169.253/32', 'metadata'),
  network('169.254.170.0/24', 'metadata'),
  // Tencent; Scaleway; Volcengine.
  network('169.254.0.23/32', 'metadata'),
  network('169.254.42.42/32', 'metadata'),
  network('100.96.0.96/32', 'metadata'),
  // Alibaba; Oracle; Azure's host agent, which is in public space.
  network('100.100.100.200/32', 'metadata'),
  network('192.0.0.192/32', 'metadata'),
  network('168.63.129.16/32', 'metadata'),
  // "This network": on many systems 0.0.0.0 connects to the machine itself.
  network('0.0.0.0/8', 'unusable'),
  network('10.0.0.0/8', 'private'),
  network('100.64.0.0/10', 'private'),
  network('127.0.0.0/8', 'private'),
  network('169.254.0.0/16', 'private'),
  network('172.16.0.0/12', 'private'),
  network('192.0.0.0/24', 'unusable'),
  network('192.0.2.0/24', 'unusable'),
  // Relays of 6to4, retired (RFC 7526).
  network('192.88.99.0/24', 'unusable'),
  network('192.168.0.0/16', 'private'),
  network('198.18.0.0/15', 'private'),
  network('198.51.100.0/24', 'unusable'),
  network('203.0.113.0/24', 'unusable'),
  network('224.0.0.0/4', 'unusable'),
  network('240.0.0.0/4', 'unusable'),
];

const ipv6Networks: readonly KnownNetwork[] = [
  // AWS instance metadata, EKS credentials, and time; Google's metadata server.
  network('fd00:ec2::254/128', 'metadata'),
  network('fd00:ec2::23/128', 'metadata'),
  network('fd20:ce::254/128', 'metadata'),
  // Scaleway; OpenStack.
  network('fd00:42::42/128', 'metadata'),
  network('fe80::a9fe:a9fe/128', 'metadata'),
  network('::1/128', 'private'),
  network('fc00::/7', 'private'),
  network('fe80::/10', 'private'),
  // Site-local, retired but still routed inside some networks.
  network('fec0::/10', 'private'),
  // NAT64 with a prefix of one's own: what it leads to is not to be read off it (RFC 8215).
  network('64:ff9b:1::/48', 'private'),
  // IETF protocol assignments: Teredo, ORCHID, benchmarking and others.
  network('2001::/23', 'unusable'),
  network('2001:db8::/32', 'unusable'),
  // 6to4: carries an IPv4 address, retired.
  network('2002::/16', 'unusable'),
  network('3fff::/20', 'unusable'),
  network('2000::/3', 'public'),
];

const nat64 = network('64:ff9b::/96', 'public');
const global = network('2000::/3', 'public');

function kindOfIpv4(bytes: Uint8Array): AddressKind {
  return ipv4Networks.find((entry) => contains(entry, bytes))?.kind ?? 'public';
}

function kindOfIpv6(bytes: Uint8Array): AddressKind {
  // These two reach the IPv4 address that they carry in their last four bytes.
  if (unmapped(bytes) !== bytes || contains(nat64, bytes)) return kindOfIpv4(bytes.subarray(12));
  if (contains(global, bytes) && isIsatap(bytes)) {
    const inner = kindOfIpv4(bytes.subarray(12));
    if (inner !== 'public') return inner;
  }
  // Only 2000::/3 is handed out for the internet; what no line names is not to be trusted.
  return ipv6Networks.find((entry) => contains(entry, bytes))?.kind ?? 'unusable';
}

/** Interface ids 0:5efe and 200:5efe tunnel to the IPv4 address that follows (RFC 5214). */
function isIsatap(bytes: Uint8Array): boolean {
  return ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

function network(text: string, kind: AddressKind): KnownNetwork {
  const parsed = parseNetwork(text);
  if (!parsed) throw new Error(`not a network: ${text}`);
  return { ...parsed, kind };
}
