import { AttemptSpans, instrument } from '@breakwater/resilience/opentelemetry';
import { ResilienceRegistries, type ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { exportsTelemetry } from '@breakwater/service-kit';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** The options of the policies with which attempts have spans; none where nothing records them. */
export const attemptSpans = (): Pick<ResilienceModuleOptions, 'aroundAttempts'> =>
  exportsTelemetry() ? { aroundAttempts: (pipeline) => new AttemptSpans(pipeline) } : {};

/** Adds the events of all policies to the spans of requests, where spans are recorded. */
@Injectable()
export class PolicyTelemetry implements OnModuleInit, OnApplicationShutdown {
  #stop: () => void = () => {};

  constructor(private readonly registries: ResilienceRegistries) {}

  onModuleInit(): void {
    if (exportsTelemetry()) this.#stop = instrument(this.registries.policies);
  }

  onApplicationShutdown(): void {
    this.#stop();
  }
}
