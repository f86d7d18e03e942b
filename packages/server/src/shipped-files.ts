import { fileURLToPath } from 'node:url';

/** Files that the server hands out or runs beside its own code. Where they are depends on how it was installed. */
export interface ShippedFiles {
  /** Folder of the built console. It need not exist yet. */
  readonly console: string;
  /** Folder that has the built SDKs in `rtc/dist` and `rtm/dist`. */
  readonly sdks: string;
  /** Program of the media engine's process. */
  readonly mediaChild: string;
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The places of these files in the repository. */
export const repositoryFiles: ShippedFiles = {
  console: at('../../console/dist'),
  sdks: at('../..'),
  mediaChild: at('./media/embedded/child.ts'),
};
