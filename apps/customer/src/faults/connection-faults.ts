import { ClientDisconnectedError } from '@breakwater/service-kit';
import type { ServerResponse } from 'node:http';
import { defineFault, FaultAtRate, rateSetting, type Exchange, type Next, type RateSetting } from './fault.ts';

/** Resets connections, as a process that crashes does. */
class Reset extends FaultAtRate {
  async apply(exchange: Exchange, next: Next): Promise<unknown> {
    if (!this.draw()) return next(exchange);
    exchange.reply.raw.socket?.resetAndDestroy();
    throw new ClientDisconnectedError();
  }
}

export const reset = defineFault({
  name: 'reset',
  description: 'Connections that are reset (TCP RST) instead of a response.',
  setting: rateSetting(),
  create: (environment) => new Reset(environment),
});

/** Does not respond, as a process in a deadlock. */
class Hang extends FaultAtRate {
  readonly #held = new Map<ServerResponse, () => void>();
  #isShuttingDown = false;

  /** When the fault ends, the requests that it holds continue. */
  override set(setting: RateSetting | null): void {
    super.set(setting);
    if (!this.isActive) for (const release of this.#held.values()) release();
  }

  /**
   * Holds a request until its client disconnects, the fault ends or the service shuts down. It ignores the client's
   * deadline, as a process that hangs would.
   *
   * @throws ClientDisconnectedError when there is no client left
   */
  async apply(exchange: Exchange, next: Next): Promise<unknown> {
    if (!this.draw()) return next(exchange);
    const response = exchange.reply.raw;
    if (this.#isShuttingDown) response.socket?.destroy();
    else await this.#hold(response);
    if (response.destroyed || this.#isShuttingDown) throw new ClientDisconnectedError();
    return next(exchange);
  }

  /** Closes the connections of the requests that it holds: the server waits for them when it closes. */
  shutDown(): void {
    this.#isShuttingDown = true;
    for (const response of this.#held.keys()) response.socket?.destroy();
  }

  async #hold(response: ServerResponse): Promise<void> {
    if (response.destroyed) return;
    const { promise, resolve: release } = Promise.withResolvers<void>();
    this.#held.set(response, release);
    response.once('close', release);
    await promise;
    response.off('close', release);
    this.#held.delete(response);
  }
}

export const hang = defineFault({
  name: 'hang',
  description: 'Requests that get no response while the fault is set.',
  setting: rateSetting(),
  create: (environment) => new Hang(environment),
});
