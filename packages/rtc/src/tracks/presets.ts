import type { AudioEncoderConfiguration, VideoEncoderConfiguration } from '../api/configurations.ts';
import { failure } from '../errors.ts';

/** Name: sample rate, stereo, kilobits per second. */
const audioPresets: Readonly<Record<string, readonly [number, boolean, number]>> = {
  speech_low_quality: [16000, false, 24],
  speech_standard: [32000, false, 24],
  music_standard: [48000, false, 32],
  standard_stereo: [48000, true, 64],
  high_quality: [48000, false, 128],
  high_quality_stereo: [48000, true, 192],
};

/** Size and rate, then the names that mean it. */
const videoTable = `160x120@15 120p 120p_1|120x120@15 120p_3|320x180@15 180p 180p_1|180x180@15 180p_3|240x180@15 180p_4
|320x240@15 240p 240p_1|240x240@15 240p_3|424x240@15 240p_4|640x360@15 360p 360p_1 360p_9|360x360@15 360p_3
|640x360@30 360p_4|360x360@30 360p_6|480x360@15 360p_7|480x360@30 360p_8|640x360@24 360p_10 360p_11
|640x480@15 480p 480p_1|640x480@30 480p_2 480p_4|480x480@15 480p_3|480x480@30 480p_6|848x480@15 480p_8
|848x480@30 480p_9|640x480@10 480p_10|1280x720@15 720p 720p_1|1280x720@30 720p_2 720p_3 720p_auto
|960x720@15 720p_5|960x720@30 720p_6|1920x1080@15 1080p 1080p_1|1920x1080@30 1080p_2 1080p_3|1920x1080@60 1080p_5`;
const screenTable = `640x480@5 480p 480p_1|640x480@30 480p_2|640x480@15 480p_3|1280x720@5 720p 720p_1|1280x720@30 720p_2 720p_auto
|1280x720@15 720p_3|1920x1080@5 1080p 1080p_1|1920x1080@30 1080p_2|1920x1080@15 1080p_3`;

/** Most kilobits per second for the two presets whose bitrate is known; the others go as the browser decides. */
const bitrates: Readonly<Record<string, number>> = {
  '640x480@15': 500,
  '1920x1080@30': 3000,
};

const videoPresets = parseTable(videoTable);
const screenPresets = parseTable(screenTable);

function parseTable(table: string): ReadonlyMap<string, VideoEncoderConfiguration> {
  const presets = new Map<string, VideoEncoderConfiguration>();
  for (const row of table.split('|')) {
    const [size = '', ...names] = row.trim().split(/\s+/);
    const [width, height, frameRate] = size.split(/[x@]/).map(Number);
    const bitrateMax = bitrates[size];
    for (const name of names)
      presets.set(name, {
        ...(width !== undefined && { width }),
        ...(height !== undefined && { height }),
        ...(frameRate !== undefined && { frameRate }),
        ...(bitrateMax !== undefined && { bitrateMax }),
      });
  }
  return presets;
}

/** An audio preset by name, or the configuration itself; rejects names that are none with INVALID_PARAMS. */
export function audioEncoder(
  config: string | AudioEncoderConfiguration = 'music_standard',
): AudioEncoderConfiguration {
  if (typeof config !== 'string') return config;
  const preset = Object.hasOwn(audioPresets, config) ? audioPresets[config] : undefined;
  if (!preset) throw failure('INVALID_PARAMS', `${config} is not an audio encoder preset`);
  return { sampleRate: preset[0], stereo: preset[1], bitrate: preset[2] };
}

/** A camera preset by name, or the configuration itself; INVALID_PARAMS as above. */
export function videoEncoder(
  config: string | VideoEncoderConfiguration = '480p_1',
): VideoEncoderConfiguration {
  return named(videoPresets, config, 'a video');
}

/** A screen preset by name, or the configuration itself; INVALID_PARAMS as above. */
export function screenEncoder(
  config: string | VideoEncoderConfiguration = '1080p_2',
): VideoEncoderConfiguration {
  return named(screenPresets, config, 'a screen');
}

function named(
  presets: ReadonlyMap<string, VideoEncoderConfiguration>,
  config: string | VideoEncoderConfiguration,
  what: string,
): VideoEncoderConfiguration {
  if (typeof config !== 'string') return config;
  const preset = presets.get(config);
  if (!preset) throw failure('INVALID_PARAMS', `${config} is not ${what} encoder preset`);
  return preset;
}
