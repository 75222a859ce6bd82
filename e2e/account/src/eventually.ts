import { vi } from 'vitest';

/** Waits until a check passes. A machine that is busy with something else may take its time. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });
