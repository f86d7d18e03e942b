import { HousecountError } from '@housecount/protocol';
import type { Kept } from '../kept/contract.ts';
import { resumeSecretBytes } from '../token/resume-key.ts';

export const resumeSecretPath = 'resume-secret';
/** Zeros in a row that chance makes once in 10^18 secrets; a disk that lost a part of one makes them at once. */
const zerosMax = 8;

/**
 * The secret behind resume keys; made once and kept, so that clients can resume over a restart.
 * @throws HousecountError data_damaged if what is there can be no secret: whoever knew it could resume as anybody.
 */
export async function openResumeSecret(room: Pick<Kept, 'bytes'>): Promise<Uint8Array> {
  const file = room.bytes(resumeSecretPath);
  const { value: kept, revision } = await file.get();
  if (kept) {
    const damage = resumeSecretDamage(kept);
    if (damage === undefined) return kept;
    throw new HousecountError(
      'data_damaged',
      `It is ${resumeSecretPath}: ${damage}. Put back a copy of it, or run \`housecount repair\` to have a new one made; clients that come back then join anew.`,
    );
  }
  const made = crypto.getRandomValues(new Uint8Array(resumeSecretBytes));
  // Whoever was faster has made the secret of all.
  return (await file.compareAndSet(revision, made)) === undefined ? openResumeSecret(room) : made;
}

/** Why it can be no secret, or undefined. */
export function resumeSecretDamage(bytes: Uint8Array): string | undefined {
  if (bytes.length !== resumeSecretBytes) return `it has ${bytes.length} bytes, not ${resumeSecretBytes}`;
  let zeros = 0;
  for (const byte of bytes) {
    zeros = byte === 0 ? zeros + 1 : 0;
    if (zeros >= zerosMax) return 'it is zeroed';
  }
  return new Set(bytes).size === 1 ? 'all its bytes are the same' : undefined;
}
