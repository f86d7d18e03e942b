import type { ConnectionKind, Evidence, LeaveReason } from '@housecount/protocol';

const reasons: Readonly<Record<LeaveReason, string>> = {
  other: 'for another reason',
  quit: 'said goodbye',
  timeout: 'connection lost',
  kicked: 'removed by the server',
  replaced: 'opened on another device',
  token: 'token ended',
};
const evidences: Readonly<Record<Evidence, string>> = {
  bye: 'goodbye received',
  'socket-closed': 'socket closed',
  silence: 'silence',
  'media-silence': 'no media',
  'media-closed': 'media session closed',
  'server-crash': 'server crash',
  kick: 'kicking rule',
  'new-device': 'joined from a new device',
  'token-end': 'token ended',
};
const connections: Readonly<Record<ConnectionKind, string>> = {
  rtc: 'SDK',
  whip: 'WHIP',
  whep: 'WHEP',
  signaling: 'Signaling',
};

/** Why a member left, in words. */
export function wordsOfReason(reason: LeaveReason): string {
  return reasons[reason] ?? reason;
}

/** Words the evidence by which the server noticed a leave. */
export function wordsOfEvidence(evidence: Evidence): string {
  return evidences[evidence] ?? evidence;
}

/** The kind of a member's connection, in words. */
export function wordsOfConnection(kind: ConnectionKind): string {
  return connections[kind] ?? kind;
}
