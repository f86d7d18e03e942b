import { open } from 'node:fs/promises';
import { seededFractions } from './seeded-fractions.ts';

/**
 * Writes a y4m file that Chromium can have as its camera (`--use-file-for-fake-video-capture`), which it plays in a circle: a picture that
 * moves and rustles. The built-in fake camera needs 0.7 Mbit/s at 720p and so hides trouble; this one is as costly to
 * encode as a room with people. `noise`: how far a pixel strays from its place in the gradient, of 255.
 */
export async function writeNoisyCamera(
  file: string,
  options: {
    readonly width?: number;
    readonly height?: number;
    readonly framesPerSecond?: number;
    readonly frames?: number;
    readonly noise?: number;
  } = {},
): Promise<void> {
  const { width = 1280, height = 720, framesPerSecond = 30, frames = 45, noise = 24 } = options;
  const random = seededFractions(1);
  // Drawing a fraction for each of 41 million pixels would take seconds: a row of noise is cut out of one that is long.
  const rustle = Int8Array.from({ length: width * 16 }, () => Math.floor(random() * (2 * noise + 1)) - noise);
  const luma = Buffer.alloc(width * height);
  const chroma = Buffer.alloc(width * (height >> 1), 128);
  const handle = await open(file, 'w');
  try {
    await handle.write(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`);
    for (let frame = 0; frame < frames; frame += 1) {
      // The whole picture moves by as much as closes the circle.
      const shift = Math.round((frame * width) / frames);
      for (let y = 0; y < height; y += 1) {
        const from = Math.floor(random() * width * 15);
        for (let x = 0; x < width; x += 1) {
          const wave = 128 + 80 * Math.sin(((x + shift) * 2 * Math.PI) / width) * Math.cos(y / 60);
          luma[y * width + x] = Math.max(16, Math.min(235, wave + (rustle[from + x] ?? 0)));
        }
      }
      await handle.write('FRAME\n');
      await handle.write(luma);
      await handle.write(chroma);
    }
  } finally {
    await handle.close();
  }
}
