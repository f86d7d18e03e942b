/** Lets a reader wait until it sees what others were told. */
export interface Barrier {
  /** Resolves when what is read here shows all of the app that was acknowledged to anybody before the call. */
  barrier(app: string): Promise<void>;
}
