import type { Socket } from 'node:net';

/** What happens to the bytes of one direction. */
export interface Disturbance {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
  /** They wait. */
  readonly isHeld: boolean;
  /** They are dropped. */
  readonly isLost: boolean;
}

export const undisturbed: Disturbance = { delayMs: 0, bytesPerSecond: Infinity, isHeld: false, isLost: false };

/** Bytes that wait here before the sender is no longer read. */
const highWaterMark = 64 * 1024;
/** How often slow bytes are sent. */
const slowIntervalMs = 50;

/** Passes the bytes of one direction of a connection on, and its end. */
export class Lane {
  /** Whether bytes were dropped. */
  hasLost = false;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #disturbance: () => Disturbance;
  readonly #waiting: { data: Buffer; readonly arrivedAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #isFull = false;

  constructor(from: Socket, to: Socket, disturbance: () => Disturbance) {
    this.#from = from;
    this.#to = to;
    this.#disturbance = disturbance;
    from.on('data', (data: Buffer) => {
      this.#waiting.push({ data, arrivedAt: performance.now() });
      this.pump();
    });
    from.once('end', () => {
      this.#hasEnded = true;
      this.pump();
    });
    to.on('drain', () => {
      this.#isFull = false;
      this.pump();
    });
    to.once('close', () => clearTimeout(this.#timer));
  }

  /** Sends what may be sent now. Called again when the fault changes. */
  pump(): void {
    clearTimeout(this.#timer);
    const { delayMs, bytesPerSecond, isHeld, isLost } = this.#disturbance();
    if (isLost) {
      this.hasLost ||= this.#waiting.length > 0 || this.#hasEnded;
      this.#waiting.length = 0;
      this.#from.resume();
      return;
    }
    if (!isHeld) this.#send(delayMs, bytesPerSecond);
    if (this.#waiting.reduce((sum, { data }) => sum + data.length, 0) > highWaterMark) this.#from.pause();
    else this.#from.resume();
  }

  #send(delayMs: number, bytesPerSecond: number): void {
    while (!this.#isFull && !this.#to.destroyed) {
      const [next] = this.#waiting;
      if (next === undefined) {
        if (this.#hasEnded) this.#to.end();
        break;
      }
      const dueInMs = next.arrivedAt + delayMs - performance.now();
      if (dueInMs > 0) {
        this.#timer = setTimeout(() => this.pump(), dueInMs);
        break;
      }
      const size = Math.max(1, Math.round((bytesPerSecond * slowIntervalMs) / 1_000));
      this.#isFull = !this.#to.write(next.data.subarray(0, size));
      next.data = next.data.subarray(size);
      if (next.data.length === 0) this.#waiting.shift();
      if (bytesPerSecond === Infinity) continue;
      this.#timer = setTimeout(() => this.pump(), slowIntervalMs);
      break;
    }
  }
}
