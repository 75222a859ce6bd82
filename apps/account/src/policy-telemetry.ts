import { AttemptSpans, exportMetrics, instrument } from '@breakwater/resilience/opentelemetry';
import { ResilienceRegistries, type ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { exportsTelemetry } from '@breakwater/service-kit';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** The options of the policies with which attempts have spans; none where nothing records them. */
export const attemptSpans = (): Pick<ResilienceModuleOptions, 'aroundAttempts'> =>
  exportsTelemetry() ? { aroundAttempts: (pipeline) => new AttemptSpans(pipeline) } : {};

/** Adds the events of all policies to the spans of requests, and exports their metrics, where spans are recorded. */
@Injectable()
export class PolicyTelemetry implements OnModuleInit, OnApplicationShutdown {
  #stop: () => void = () => {};

  constructor(private readonly registries: ResilienceRegistries) {}

  onModuleInit(): void {
    if (!exportsTelemetry()) return;
    const { policies } = this.registries;
    this.#stop = instrument(policies);
    // Until the end of the process: the last export follows the shutdown of the application.
    exportMetrics(policies);
  }

  onApplicationShutdown(): void {
    this.#stop();
  }
}
