import type { CallEndpoint } from '../call-endpoints.ts';
import { type Cancel, type Clock, runInBackground, scheduleInBackground } from '../clock.ts';
import { checkedEndpoints, type EndpointResolver } from './endpoint-resolver.ts';

/** Receives what a resolver found. */
export interface EndpointReceiver {
  onEndpoints(endpoints: readonly CallEndpoint[]): void;
  onFailure(error: unknown): void;
}

/** Calls a resolver at an interval, in the background, until it is stopped. */
export class EndpointSource {
  readonly #resolver: EndpointResolver;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #receiver: EndpointReceiver;
  /** Settles, always well, when the resolver has been called once. */
  readonly firstResolution: Promise<void>;
  #cancelTimer: Cancel | undefined;
  #isStopped = false;

  constructor(resolver: EndpointResolver, intervalMs: number, clock: Clock, receiver: EndpointReceiver) {
    this.#resolver = resolver;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#receiver = receiver;
    this.firstResolution = runInBackground(() => this.#resolve());
  }

  /** Later results of the resolver have no effect. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
  }

  async #resolve(): Promise<void> {
    try {
      const endpoints = checkedEndpoints(await this.#resolver.resolve());
      if (!this.#isStopped) this.#receiver.onEndpoints(endpoints);
    } catch (error) {
      if (!this.#isStopped) this.#receiver.onFailure(error);
    }
    if (this.#isStopped) return;
    this.#cancelTimer = scheduleInBackground(this.#clock, this.#intervalMs, () => void this.#resolve());
  }
}
