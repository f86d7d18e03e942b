import { isatty } from 'node:tty';

export interface OnHangup {
  readonly reload: () => void;
  /** The terminal that it ran in is gone. */
  readonly end: () => void;
}

export interface HangupSource {
  on(signal: 'SIGHUP', listener: () => void): unknown;
}

const descriptors = [0, 1, 2];

/**
 * SIGHUP is two things: of an operator or a service manager, that the configuration is to be read again; of the system, that the
 * terminal was closed, and then a server that nobody sees any more ends, as it always did. Which of them is seen by the terminal:
 * a descriptor that was one is none any more. Signals that come before `follow` are told to it.
 */
export function hangupSignals(
  source: HangupSource = process,
  isTerminal: (descriptor: number) => boolean = isatty,
): { follow(on: OnHangup): void } {
  const terminal = descriptors.find(isTerminal);
  let on: OnHangup | undefined;
  let isWaiting = false;
  const tell = ({ reload, end }: OnHangup) => {
    if (terminal !== undefined && !isTerminal(terminal)) end();
    else reload();
  };
  source.on('SIGHUP', () => {
    if (on) tell(on);
    else isWaiting = true;
  });
  return {
    follow(next) {
      on = next;
      if (isWaiting) tell(next);
    },
  };
}
