import type { VideoEncoderConfiguration } from '../api/configurations.ts';
import { log } from '../log.ts';
import type { TwoPictures } from './dual-stream.ts';

/** Restriction ids of the small and the large picture. */
const [lowRid, highRid] = ['l', 'h'];

/** The small picture is a quarter of the large one until its track is known. */
const scaleAtFirst = 4;

/**
 * Adds a sender of pictures that can send two: how many there are cannot change once it is offered, and whether each is sent, its
 * size and its rate can. A browser that cannot sends one.
 */
export function addVideoSender(connection: RTCPeerConnection, streams: MediaStream[]): RTCRtpTransceiver {
  const init = { direction: 'sendonly', streams } as const;
  try {
    return connection.addTransceiver('video', {
      ...init,
      sendEncodings: [
        { rid: lowRid, active: false, scaleResolutionDownBy: scaleAtFirst },
        { rid: highRid, active: true },
      ],
    });
  } catch (error) {
    log.info('the browser does not send one picture in two sizes', error);
    return connection.addTransceiver('video', init);
  }
}

/** True if the sender sends, or can send, two pictures. */
export const sendsTwo = (sender: RTCRtpSender): boolean =>
  (sender.getParameters().encodings ?? []).length > 1;

export interface PictureToSend {
  readonly encoder: VideoEncoderConfiguration;
  readonly degradationPreference?: RTCDegradationPreference | undefined;
  readonly dual: TwoPictures;
  /** Of the source, pixels. */
  readonly width?: number | undefined;
}

/** Tells a sender of pictures the sizes and limits of what it sends; what it does not take it sends without. */
export async function encodePicture(sender: RTCRtpSender, picture: PictureToSend): Promise<void> {
  const parameters = sender.getParameters();
  const encodings = parameters.encodings ?? [];
  const before = JSON.stringify(parameters);
  const low = encodings.length > 1 ? encodings.find(({ rid }) => rid === lowRid) : undefined;
  const high = encodings.find((encoding) => encoding !== low);
  if (high === undefined) return;
  const { encoder, degradationPreference, dual } = picture;
  const { bitrateMax, frameRate, scaleResolutionDownBy } = encoder;
  const maxFramerate = typeof frameRate === 'number' ? frameRate : (frameRate?.max ?? frameRate?.ideal);
  if (bitrateMax) high.maxBitrate = bitrateMax * 1000;
  if (maxFramerate) high.maxFramerate = maxFramerate;
  if (scaleResolutionDownBy && scaleResolutionDownBy >= 1) high.scaleResolutionDownBy = scaleResolutionDownBy;
  // A server that takes one picture leaves the first of the two, which was to be the small one.
  else if (high.rid === lowRid) high.scaleResolutionDownBy = 1;
  if (high.active === false) high.active = true;
  if (low !== undefined) {
    low.active = dual.isOn;
    low.maxBitrate = dual.low.kilobits * 1000;
    if (picture.width) low.scaleResolutionDownBy = Math.max(1, picture.width / dual.low.width);
    // No frame rate: a browser would slow both pictures down to it.
  }
  if (degradationPreference) parameters.degradationPreference = degradationPreference;
  if (JSON.stringify(parameters) === before) return;
  await sender
    .setParameters(parameters)
    .catch((error: unknown) => log.warn('the browser does not take the limits of a picture', error));
}
