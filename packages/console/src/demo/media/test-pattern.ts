/** A picture and a sound made by the page itself, for a machine without camera or microphone. */
export interface TestPattern {
  readonly video: MediaStreamTrack;
  readonly audio: MediaStreamTrack;
  /** Browsers start sound only after a gesture; call it from one. Harmless when the sound runs. */
  resume(): void;
  stop(): void;
}

const width = 640;
const height = 360;
const framesPerSecond = 15;
const bars = ['#c9d1cf', '#d9c84a', '#3fb8b0', '#4fae57', '#b457b0', '#c4473f', '#3c59b8'];

/** Draws colour bars with a running clock and the name, and sounds a soft short tone every second. */
export function testPattern(name: string): TestPattern {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('This browser cannot draw on a canvas.');

  const draw = () => {
    const nowMs = Date.now();
    bars.forEach((color, index) => {
      pen.fillStyle = color;
      pen.fillRect((index * width) / bars.length, 0, width / bars.length + 1, height);
    });
    pen.fillStyle = '#10201ddd';
    pen.fillRect(0, height - 112, width, 112);
    const sweep = (nowMs % 2_000) / 2_000;
    pen.fillStyle = '#ffd166';
    pen.fillRect(sweep * width, height - 112, 6, 112);
    pen.fillStyle = '#fff';
    pen.textAlign = 'center';
    pen.font = '600 34px system-ui, sans-serif';
    pen.fillText(name, width / 2, height - 64);
    pen.font = '24px ui-monospace, monospace';
    pen.fillText(new Date(nowMs).toTimeString().slice(0, 8), width / 2, height - 26);
  };
  draw();
  const timer = setInterval(draw, 1_000 / framesPerSecond);

  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  const loudness = context.createGain();
  tone.frequency.value = 440;
  loudness.gain.value = 0;
  tone.connect(loudness).connect(destination);
  tone.start();
  const beep = () => {
    // Quiet, and with soft edges, so that it does not click.
    const at = context.currentTime;
    loudness.gain.setTargetAtTime(0.04, at, 0.01);
    loudness.gain.setTargetAtTime(0, at + 0.12, 0.02);
  };
  const beeper = setInterval(beep, 1_000);

  const [video] = canvas.captureStream(framesPerSecond).getVideoTracks();
  const [audio] = destination.stream.getAudioTracks();
  const stop = () => {
    clearInterval(timer);
    clearInterval(beeper);
    video?.stop();
    audio?.stop();
    tone.stop();
    void context.close();
  };
  if (video === undefined || audio === undefined) {
    stop();
    throw new Error('This browser cannot make a stream from a canvas.');
  }
  return {
    video,
    audio,
    resume: () => void context.resume(),
    stop,
  };
}
