import { audioContext } from '../players/audio-context.ts';

/** Several audio tracks as the one that is sent. One alone goes as it is, without a detour. */
export class AudioMixer {
  #destination: MediaStreamAudioDestinationNode | undefined;
  #sources: MediaStreamAudioSourceNode[] = [];

  /** The track to send for these, or null for none. */
  mix(tracks: readonly MediaStreamTrack[]): MediaStreamTrack | null {
    this.stop();
    if (tracks.length <= 1) return tracks[0] ?? null;
    const context = audioContext();
    const destination = context.createMediaStreamDestination();
    this.#destination = destination;
    this.#sources = tracks.map((track) => {
      const source = context.createMediaStreamSource(new MediaStream([track]));
      source.connect(destination);
      return source;
    });
    return destination.stream.getAudioTracks()[0] ?? null;
  }

  /** Frees the mix. */
  stop(): void {
    for (const source of this.#sources) source.disconnect();
    this.#sources = [];
    this.#destination?.disconnect();
    this.#destination = undefined;
  }
}
