import { ClientDisconnectedError } from '@breakwater/service-kit';
import type { ServerResponse } from 'node:http';
import type { Exchange, Fault, Random, Struck } from './fault.ts';
import type { RateSetting } from './faults.schema.ts';

/** Requests that aren't answered: a deadlock, as its caller sees it. */
export class Hang implements Fault<RateSetting> {
  readonly #held = new Map<ServerResponse, () => void>();
  #rate = 0;
  #isShuttingDown = false;

  constructor(
    private readonly random: Random,
    private readonly struck: Struck,
  ) {}

  get isActive(): boolean {
    return this.#rate > 0;
  }

  /** Where the fault ends, the requests that it holds go on. */
  set(setting: RateSetting | null): void {
    this.#rate = setting?.rate ?? 0;
    if (!this.isActive) for (const goOn of this.#held.values()) goOn();
  }

  /**
   * Holds a request until its client goes away, the fault ends or the service shuts down. It doesn't look at the time
   * that the client gave: what hangs doesn't know that it does.
   *
   * @throws ClientDisconnectedError where nobody is left to be answered
   */
  async strike({ raw: response }: Exchange): Promise<void> {
    if (this.random() >= this.#rate) return;
    this.struck();
    if (this.#isShuttingDown) response.socket?.destroy();
    else await this.#hold(response);
    if (response.destroyed || this.#isShuttingDown) throw new ClientDisconnectedError();
  }

  /** Cuts the connections of all requests that it holds, so that the end of the process needn't wait for them. */
  shutDown(): void {
    this.#isShuttingDown = true;
    for (const response of this.#held.keys()) response.socket?.destroy();
  }

  async #hold(response: ServerResponse): Promise<void> {
    if (response.destroyed) return;
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    this.#held.set(response, goOn);
    response.once('close', goOn);
    await promise;
    response.off('close', goOn);
    this.#held.delete(response);
  }
}
