/** The signals that end a process: of Kubernetes and Docker, and of Ctrl-C. */
const endingSignals = ['SIGTERM', 'SIGINT'] as const;

type SignalHandler = (signal: NodeJS.Signals) => void;

let current: SignalHandler | undefined;

/** Handles SIGTERM and SIGINT. A later handler replaces an earlier one. */
export function onSignal(handler: SignalHandler): void {
  if (current === undefined) {
    for (const signal of endingSignals) process.on(signal, (received) => current?.(received));
  }
  current = handler;
}

/** Lets a signal be handled that arrived while modules were loaded, which can take a single turn of the event loop. */
export const handlePendingSignals = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** The exit code of a migration that a signal ended: what waits for it does not go on, as after a failure. */
export const interrupted = 143;

/**
 * Ends the process on SIGTERM and SIGINT until another handler takes over. An entry calls it before it loads the modules of the
 * service: this module imports nothing.
 *
 * @param exitCode default: 0, because there is nothing to shut down yet
 */
export const exitOnSignal = (exitCode = 0): void => onSignal(() => process.exit(exitCode));
