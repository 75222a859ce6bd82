import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/**
 * A new id, a UUID of version 7. Ids sort by their time of creation, to the microsecond.
 *
 * @param epochMicros microseconds since the Unix epoch, on the clock that all replicas share
 */
export function accountIdAt(epochMicros: number): string {
  const [msecs, micros] = [Math.floor(epochMicros / 1_000), epochMicros % 1_000];
  // The 32 bits after the milliseconds: 10 for the microseconds, 22 at random.
  return uuidv7({ msecs, seq: micros * 2 ** 22 + randomInt(2 ** 22) });
}
