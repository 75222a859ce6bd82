import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Unsubscribe } from '../../core/events.ts';
import { followRegistry } from '../../core/follow-registry.ts';
import { PipelineRegistry } from '../../core/pipeline.registry.ts';
import { registryToken } from '../../core/policies.ts';
import { diagnose, type Finding } from '../../doctor/diagnose.ts';
import type { Instance } from '../../doctor/instance.ts';
import { observeTraffic, type Traffic, type TrafficObserver } from '../../doctor/traffic.ts';
import { diagnosedInstances } from '../diagnosed-instances.ts';
import { Application } from './application.ts';

/** What is the matter with the configuration, and what is known about the calls. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** What was observed, by instance. Those without a circuit breaker are not observed. */
  readonly traffic: Readonly<Record<string, Traffic>>;
}

/** Whoever wants to tell findings otherwise, or to know them for a metric, injects this or provides another. */
export abstract class DiagnosisSource {
  abstract diagnosis(): Diagnosis;
}

/** Asks the doctor about the policies of this application, with the rate and the latency of the calls that they see. */
@Injectable()
export class ObservedDiagnosis extends DiagnosisSource implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #application: Application;
  readonly #observers = new Map<string, TrafficObserver>();
  #stop: Unsubscribe = () => {};

  constructor(@Inject(Application) application: Application) {
    super();
    this.#application = application;
  }

  onApplicationBootstrap(): void {
    const registry = this.#application.find(registryToken('circuitBreaker'));
    if (registry === undefined) return;
    const { clock } = this.#application;
    this.#stop = followRegistry(registry, (circuitBreaker) => {
      const observer = observeTraffic(circuitBreaker, { clock });
      this.#observers.set(circuitBreaker.name, observer);
      return () => {
        observer.stop();
        this.#observers.delete(circuitBreaker.name);
      };
    });
  }

  onApplicationShutdown(): void {
    this.#stop();
  }

  diagnosis(): Diagnosis {
    const findings = this.#instances().flatMap((instance) =>
      diagnose([instance], this.#observers.get(instance.name)?.traffic()),
    );
    const traffic = [...this.#observers].map(([name, observer]) => [name, observer.traffic()] as const);
    return { findings, traffic: Object.fromEntries(traffic) };
  }

  #instances(): readonly Instance[] {
    const registries = {
      retry: this.#application.find(registryToken('retry')),
      circuitBreaker: this.#application.find(registryToken('circuitBreaker')),
      rateLimiter: this.#application.find(registryToken('rateLimiter')),
      timeLimiter: this.#application.find(registryToken('timeLimiter')),
      bulkhead: this.#application.find(registryToken('bulkhead')),
    };
    return diagnosedInstances(registries, this.#application.find(PipelineRegistry));
  }
}
