import type { EventEmitter } from './event-emitter.ts';

/** A stage of a track's processing, as the plug-ins of the original's makers have it. */
export interface IBaseProcessor extends Pick<EventEmitter, 'on' | 'off'> {
  readonly name: string;
  readonly ID: string;
  kind: 'video' | 'audio';
  enabled: boolean;
  /** Hands what this stage makes on to `processor`, and returns that one, so that calls can be chained. */
  pipe(processor: IBaseProcessor): IBaseProcessor;
  unpipe(): void;
  enable(): void | Promise<void>;
  disable(): void | Promise<void>;
  /** Called by the stage before this one when there is something new to process. */
  updateInput(input: { track?: MediaStreamTrack; node?: AudioNode; context: IProcessorContext }): void;
  reset(): void;
}

/** A stage that processes sound. */
export interface IAudioProcessor extends IBaseProcessor {
  updateInput(input: { track?: MediaStreamTrack; node?: AudioNode; context: IAudioProcessorContext }): void;
}

/** What a stage may ask of the track that it processes. */
export interface IProcessorContext {
  getConstraints(): Promise<MediaTrackConstraints>;
  requestApplyConstraints(constraints: MediaTrackConstraints, processor: IBaseProcessor): Promise<void>;
  requestRevertConstraints(processor: IBaseProcessor): Promise<void>;
  registerStats(processor: IBaseProcessor, type: string, read: () => unknown): void;
  unregisterStats(processor: IBaseProcessor, type: string): void;
  gatherStats(): ProcessorStats[];
  registerUsage(processor: IBaseProcessor, read: () => ProcessorUsage | Promise<ProcessorUsage>): void;
  unregisterUsage(processor: IBaseProcessor): void;
  getDirection(): 'local' | 'remote';
  gatherUsage(): Promise<(ProcessorUsage & { direction: 'local' | 'remote' })[]>;
}

export interface IAudioProcessorContext extends IProcessorContext {
  getAudioContext(): AudioContext;
}

export interface ProcessorStats {
  processorID: string;
  processorName: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each processor has statistics of its own.
  stats: any;
}

export interface ProcessorUsage {
  id: string;
  value: number;
  level: number;
}

/** What makes processors; `registerExtensions` takes it. */
export interface IExtension<T extends IBaseProcessor> {
  createProcessor(): T;
  checkCompatibility?(): boolean;
}

/** An extension of the newer kind (`useExtension`), which its class makes. */
export interface ITrackExtension {
  readonly name: string;
  kind: 'video' | 'audio';
  readonly enabled: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: what an extension is given depends on its kind.
  init(context: any): void | Promise<void>;
  enable(): void | Promise<void>;
  disable(): void | Promise<void>;
  destroy(options?: { reason?: 'normal' | 'context-loss' }): void;
  checkCompatibility?(): boolean;
}

/** The class of such an extension for sound. */
export interface AudioExtensionConstructor<T extends ITrackExtension = ITrackExtension> {
  // biome-ignore lint/suspicious/noExplicitAny: each extension has arguments of its own.
  new (...args: any[]): T;
  checkCompatibility?(): boolean;
}

/** The class of one for pictures. */
export interface VideoExtensionConstructor {
  // biome-ignore lint/suspicious/noExplicitAny: each extension has arguments and methods of its own.
  new (...args: any[]): any;
  checkCompatibility?(): boolean;
  readonly createFallbackWorker: () => Worker | Promise<Worker>;
  // biome-ignore lint/suspicious/noExplicitAny: the manager is the extension's own affair.
  createVideoExtensionManager(track: any): any;
}
