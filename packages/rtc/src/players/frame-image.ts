import type { ImageTypedData } from '../api/configurations.ts';
import { failure } from '../errors.ts';

/** A picture in the format of `imageType`, a MIME type. Rejects CONVERTING_IMAGEDATA_TO_BLOB_FAILED if the browser does not make it. */
export async function imageOf(frame: ImageData, imageType: string, quality: number): Promise<ImageTypedData> {
  const { width, height } = frame;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(frame, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, imageType, quality));
  // A browser that does not know the type makes a PNG.
  if (blob?.type !== imageType)
    throw failure('CONVERTING_IMAGEDATA_TO_BLOB_FAILED', `this browser makes no ${imageType}`);
  return { buffer: new Uint8Array(await blob.arrayBuffer()), width, height };
}
