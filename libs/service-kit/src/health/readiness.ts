import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { HealthIndicator, HealthReport } from './health-indicator.ts';

/** How long an indicator may take before it counts as down. */
const checkTimeoutMs = 1_000;

/** Whether the service should be sent requests, and why not. */
export interface ReadinessReport {
  readonly status: 'ready' | 'not-ready';
  readonly details: Readonly<Record<string, HealthReport>>;
}

/** Says whether the service should be sent requests: everything it needs is there, and it isn't shutting down. */
export class Readiness implements OnModuleDestroy {
  readonly #logger = new Logger(Readiness.name);
  readonly #indicators: readonly HealthIndicator[];
  #shuttingDown = false;
  #lastStatus: ReadinessReport['status'] = 'ready';

  constructor(indicators: readonly HealthIndicator[]) {
    this.#indicators = indicators;
  }

  async report(): Promise<ReadinessReport> {
    const details = this.#shuttingDown ? { shutdown: { status: 'down' as const } } : await this.#checkAll();
    const isDown = Object.values(details).some(({ status }) => status === 'down');
    const report: ReadinessReport = { status: isDown ? 'not-ready' : 'ready', details };
    this.#tellChange(report);
    return report;
  }

  /** From now on the service is not ready. Requests that come all the same are still served. */
  beginShutdown(): void {
    this.#shuttingDown = true;
  }

  /** The first thing that Nest calls when it closes an application. */
  onModuleDestroy(): void {
    this.beginShutdown();
  }

  async #checkAll(): Promise<Record<string, HealthReport>> {
    return Object.fromEntries(
      await Promise.all(this.#indicators.map(async (indicator) => [indicator.key, await bounded(indicator)] as const)),
    );
  }

  #tellChange({ status, details }: ReadinessReport): void {
    if (status === this.#lastStatus) return;
    this.#lastStatus = status;
    if (status === 'ready') this.#logger.log('ready again');
    else this.#logger.warn({ details }, 'not ready');
  }
}

async function bounded(indicator: HealthIndicator): Promise<HealthReport> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthReport>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'down', reason: 'no answer in time' }), checkTimeoutMs);
  });
  try {
    return await Promise.race([indicator.check(), late]);
  } catch {
    // The reason is in the logs; a probe's answer may be open to anybody.
    return { status: 'down' };
  } finally {
    clearTimeout(timer);
  }
}
