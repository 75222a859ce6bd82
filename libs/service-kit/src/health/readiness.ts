import { Logger, ServiceUnavailableException, type OnModuleDestroy } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { ConcurrentReads } from '../metrics/concurrent-reads.ts';

/** How long an indicator may take before it counts as down. */
const checkTimeoutMs = 1_000;

/** Reports the health of one part of the service. */
export interface ServiceHealthIndicator {
  /** The key of its result in the response. */
  readonly key: string;
  /**
   * Whether it is only reported: while it is down it is shown as degraded, and the service stays in rotation. `once-ready`: only reported
   * as soon as the service has been ready. Default: false.
   */
  readonly isInformative?: boolean | 'once-ready';
  /** An error, or no result within a second, counts as down. The response shows no reason for it. */
  check(): HealthIndicatorResult | PromiseLike<HealthIndicatorResult>;
}

/**
 * Whether the service should get requests: no indicator is down, except informative ones, and it is not shutting down.
 *
 * All replicas share what `once-ready` indicators report. If its loss made them not ready, they would leave the load balancer together,
 * and nothing could refuse requests in an orderly way.
 */
export class Readiness implements OnModuleDestroy {
  readonly #logger = new Logger(Readiness.name);
  readonly #checks = new ConcurrentReads<HealthCheckResult>();
  #isShuttingDown = false;
  #hasBeenReady = false;
  #logged = 'ready again';

  constructor(
    private readonly health: HealthCheckService,
    private readonly results: HealthIndicatorService,
    private readonly indicators: readonly ServiceHealthIndicator[],
  ) {}

  /** Terminus' result. Its status is `ok` or `degraded` while the service is ready. Concurrent callers get one check. */
  check(): Promise<HealthCheckResult> {
    return this.#checks.share(this.#isShuttingDown ? 'shutting down' : 'running', () => this.#check());
  }

  async #check(): Promise<HealthCheckResult> {
    const reasons: Record<string, unknown> = {};
    const tolerated: string[] = [];
    const checks = this.#isShuttingDown
      ? [() => this.results.check('shutdown').down()]
      : this.indicators.map((indicator) => async () => {
          const result = await this.#run(indicator, reasons);
          const { isInformative = false } = indicator;
          if (isInformative === false || (isInformative === 'once-ready' && !this.#hasBeenReady)) return result;
          if (isInformative === 'once-ready' && isDown(result)) tolerated.push(indicator.key);
          return degradedAtMost(result);
        });
    const result = await this.health.check(checks).catch(resultOf);
    this.#hasBeenReady ||= isReadyStatus(result.status);
    this.#logChange(result, tolerated, reasons);
    return result;
  }

  /** Makes the service not ready. It still serves the requests that arrive. */
  beginShutdown(): void {
    this.#isShuttingDown = true;
  }

  /** Nest's first hook when it closes an application. */
  onModuleDestroy(): void {
    this.beginShutdown();
  }

  async #run(indicator: ServiceHealthIndicator, reasons: Record<string, unknown>): Promise<HealthIndicatorResult> {
    const session = this.results.check(indicator.key);
    let result: HealthIndicatorResult | undefined;
    const attempt = await session
      .attempt(async () => void (result = await indicator.check()))
      .withTimeout(checkTimeoutMs);
    if (result !== undefined) return result;
    // The response may be public; the reason is logged.
    reasons[indicator.key] = (attempt[indicator.key] as { message?: unknown } | undefined)?.message;
    return session.down();
  }

  #logChange({ status, details }: HealthCheckResult, tolerated: readonly string[], reasons: object): void {
    const message = !isReadyStatus(status)
      ? 'not ready'
      : tolerated.length > 0
        ? `still ready, but down: ${tolerated.join(', ')}`
        : 'ready again';
    if (message === this.#logged) return;
    this.#logged = message;
    if (message === 'ready again') this.#logger.log(message);
    else this.#logger.warn({ details, reasons }, message);
  }
}

export const isReadyStatus = (status: HealthCheckResult['status']): boolean => status === 'ok' || status === 'degraded';

/** Terminus throws the result of a check that failed. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
  throw error;
}

const isDown = (result: HealthIndicatorResult): boolean =>
  Object.values(result).some(({ status }) => status === 'down');

const degradedAtMost = (result: HealthIndicatorResult): HealthIndicatorResult =>
  Object.fromEntries(
    Object.entries(result).map(([key, value]) => [
      key,
      value.status === 'down' ? { ...value, status: 'degraded' as const } : value,
    ]),
  );
