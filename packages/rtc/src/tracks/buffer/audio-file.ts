import { failure } from '../../errors.ts';
import { audioContext } from '../../players/audio-context.ts';

/** Files kept for tracks to come; beyond that the oldest is let go. Chosen: a few songs. */
const cachedFilesMax = 8;

/** The bytes of files from the network whose tracks asked to keep them, by address. */
const cached = new Map<string, ArrayBuffer>();

/**
 * Reads and decodes what a track is made of. Rejects INVALID_PARAMS, FETCH_AUDIO_FILE_FAILED, READ_LOCAL_AUDIO_FILE_ERROR or
 * DECODE_AUDIO_FILE_FAILED.
 */
export async function readAudio(
  source: File | string | AudioBuffer,
  cacheOnlineFile: boolean,
): Promise<AudioBuffer> {
  if (source instanceof AudioBuffer) return source;
  if (typeof source === 'string') return decode(await fetched(source, cacheOnlineFile));
  if (!(source instanceof Blob))
    throw failure('INVALID_PARAMS', 'the source must be a file, an address or an AudioBuffer');
  return decode(await readLocal(source));
}

async function fetched(url: string, keep: boolean): Promise<ArrayBuffer> {
  const known = cached.get(url);
  if (known) return known;
  const bytes = await download(url);
  if (keep) {
    cached.set(url, bytes);
    const [oldest] = cached.keys();
    if (cached.size > cachedFilesMax && oldest !== undefined) cached.delete(oldest);
  }
  return bytes;
}

async function download(url: string): Promise<ArrayBuffer> {
  let status: number;
  try {
    const response = await fetch(url);
    if (response.ok) return await response.arrayBuffer();
    status = response.status;
  } catch (error) {
    throw failure('FETCH_AUDIO_FILE_FAILED', `the audio file could not be fetched: ${url}`, error);
  }
  throw failure('FETCH_AUDIO_FILE_FAILED', `the audio file could not be fetched: ${url} answered ${status}`);
}

async function readLocal(file: Blob): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    throw failure('READ_LOCAL_AUDIO_FILE_ERROR', 'the audio file could not be read', error);
  }
}

async function decode(bytes: ArrayBuffer): Promise<AudioBuffer> {
  try {
    // Decoding takes the bytes away from whoever has them.
    return await audioContext().decodeAudioData(bytes.slice(0));
  } catch (error) {
    throw failure('DECODE_AUDIO_FILE_FAILED', 'the audio file could not be decoded', error);
  }
}
