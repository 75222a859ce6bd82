import {
  Controller,
  Get,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { Unsubscribe } from '../../core/events.ts';
import { followRegistry } from '../../core/follow-registry.ts';
import { PipelineRegistry } from '../../core/pipeline.registry.ts';
import { pipelineKindsOf, registryToken } from '../../core/policies.ts';
import type { PolicyTable } from '../../core/policy-definition.ts';
import { diagnose, type Finding } from '../../doctor/diagnose.ts';
import { type Instance, instancesOf } from '../../doctor/instance.ts';
import { observeTraffic, type Traffic, type TrafficObserver } from '../../doctor/traffic.ts';
import { Application } from './application.ts';
import { policyTable } from '../resilience.options.ts';

/** The doctor's findings about the configuration, and the observed traffic. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** The observed traffic by instance. Instances without a circuit breaker are not observed. */
  readonly traffic: Readonly<Record<string, Traffic>>;
}

/** Injected to read findings, e.g. for a metric, and replaced to show others. */
export abstract class DiagnosisSource {
  abstract diagnosis(): Diagnosis;
}

/** Diagnoses the policies of this application with the rate and the latency of their calls. */
@Injectable()
export class ObservedDiagnosis extends DiagnosisSource implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #application: Application;
  readonly #policies: PolicyTable;
  readonly #observers = new Map<string, TrafficObserver>();
  #stop: Unsubscribe = () => {};

  constructor(@Inject(Application) application: Application, @Inject(policyTable) policies: PolicyTable) {
    super();
    this.#application = application;
    this.#policies = policies;
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
    const registries = pipelineKindsOf(this.#policies).map(
      (kind) => [kind, this.#application.find(registryToken(kind))] as const,
    );
    return instancesOf(Object.fromEntries(registries), this.#policies, this.#application.find(PipelineRegistry));
  }
}

/** Responds with the doctor's findings in the running application. */
@Controller({ version: VERSION_NEUTRAL })
export class DoctorController {
  readonly #source: DiagnosisSource;

  constructor(@Inject(DiagnosisSource) source: DiagnosisSource) {
    this.#source = source;
  }

  @Get('doctor')
  diagnosis(): Diagnosis {
    return this.#source.diagnosis();
  }
}
