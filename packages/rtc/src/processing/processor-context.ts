import type {
  IAudioProcessorContext,
  IBaseProcessor,
  ProcessorStats,
  ProcessorUsage,
} from '../api/processors.ts';
import { failure } from '../errors.ts';
import { log } from '../log.ts';
import { runningAudioContext } from '../players/audio-context.ts';

/** What the stages of one track may ask of it. */
export class ProcessorContext implements IAudioProcessorContext {
  /** What stages want of the device, in the order in which they asked. */
  readonly #wanted = new Map<IBaseProcessor, MediaTrackConstraints>();
  readonly #stats = new Map<string, { processor: IBaseProcessor; type: string; read: () => unknown }>();
  readonly #usages = new Map<IBaseProcessor, () => ProcessorUsage | Promise<ProcessorUsage>>();
  /** What the device was opened with, once a stage wants something else. */
  #own: MediaTrackConstraints | undefined;

  /** `track` gives the source of the track; a remote one has no device. */
  constructor(
    private readonly direction: 'local' | 'remote',
    private readonly track: () => MediaStreamTrack,
  ) {}

  getDirection(): 'local' | 'remote' {
    return this.direction;
  }

  getAudioContext(): AudioContext {
    return runningAudioContext();
  }

  async getConstraints(): Promise<MediaTrackConstraints> {
    return this.track().getConstraints();
  }

  /** Asks the device for these as well. Rejects NOT_SUPPORTED of a remote track, CONSTRAINT_NOT_SATISFIED if the device does not take them. */
  async requestApplyConstraints(
    constraints: MediaTrackConstraints,
    processor: IBaseProcessor,
  ): Promise<void> {
    if (this.direction === 'remote')
      throw failure('NOT_SUPPORTED', 'a remote track has no device to be asked');
    const before = this.#wanted.get(processor);
    this.#own ??= this.track().getConstraints();
    this.#wanted.set(processor, constraints);
    try {
      await this.#apply();
    } catch (error) {
      if (before) this.#wanted.set(processor, before);
      else this.#wanted.delete(processor);
      throw failure(
        'CONSTRAINT_NOT_SATISFIED',
        'the device does not take what the processor asks for',
        error,
      );
    }
  }

  /** Takes back what this stage asked for. It never rejects: stages call it without waiting. */
  async requestRevertConstraints(processor: IBaseProcessor): Promise<void> {
    if (this.#wanted.delete(processor)) await this.applyAgain();
  }

  /** Another device, or other constraints of the track's own, which are given then: what stages want is asked for again. */
  async applyAgain(own?: MediaTrackConstraints): Promise<void> {
    if (!this.#own) return;
    if (own) this.#own = own;
    await this.#apply().catch((error: unknown) =>
      log.warn('the device does not take what a processor asks for', error),
    );
  }

  registerStats(processor: IBaseProcessor, type: string, read: () => unknown): void {
    this.#stats.set(`${processor.ID} ${type}`, { processor, type, read });
  }

  unregisterStats(processor: IBaseProcessor, type: string): void {
    this.#stats.delete(`${processor.ID} ${type}`);
  }

  gatherStats(): ProcessorStats[] {
    return [...this.#stats.values()].map(({ processor, type, read }) => ({
      processorID: processor.ID,
      processorName: processor.name,
      type,
      stats: read(),
    }));
  }

  registerUsage(processor: IBaseProcessor, read: () => ProcessorUsage | Promise<ProcessorUsage>): void {
    this.#usages.set(processor, read);
  }

  unregisterUsage(processor: IBaseProcessor): void {
    this.#usages.delete(processor);
  }

  async gatherUsage(): Promise<(ProcessorUsage & { direction: 'local' | 'remote' })[]> {
    const usages = await Promise.all([...this.#usages.values()].map((read) => read()));
    return usages.map((usage) => ({ ...usage, direction: this.direction }));
  }

  async #apply(): Promise<void> {
    await this.track().applyConstraints(Object.assign({}, this.#own, ...this.#wanted.values()));
  }
}
