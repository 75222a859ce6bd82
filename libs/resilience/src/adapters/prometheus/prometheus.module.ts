import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { Unsubscribe } from '../../core/events.ts';
import { type FollowableRegistries, kindsOf, policies, registryToken } from '../../core/policies.ts';
import type { PolicyTable } from '../../core/policy-definition.ts';
import { bindFindings, type CountedFinding } from './bind-findings.ts';
import { bindToPrometheus, type PrometheusOptions } from './bind-to-prometheus.ts';
import type { PrometheusRegistry } from './meters.ts';

/** The options of `ResiliencePrometheusModule.forRoot`. */
export interface PrometheusModuleOptions extends Omit<PrometheusOptions, 'policies'> {
  /** Where the metrics are collected; prom-client's `register` by default. */
  readonly registry?: PrometheusRegistry;
  /** Returns the doctor's findings, which are exported too, e.g. those of `DiagnosisSource`. None by default. */
  readonly findings?: () => readonly CountedFinding[];
}

/** The same options from a factory with injected dependencies. */
export interface PrometheusModuleAsyncOptions {
  /** Modules that provide what is injected. None by default. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** The parameters of `useFactory`. None by default. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<PrometheusModuleOptions>['useFactory'];
}

const prometheusOptions = Symbol('PrometheusModuleOptions');
const boundRegistries = Symbol('BoundRegistries');

/**
 * Exports the metrics of all policies of the application to Prometheus (`bindToPrometheus`), until it is closed. It is
 * imported once, next to `ResilienceModule`.
 */
@Module({})
export class ResiliencePrometheusModule implements OnModuleInit, OnApplicationShutdown {
  readonly #options: PrometheusModuleOptions;
  readonly #registries: FollowableRegistries;
  readonly #policies: PolicyTable;
  readonly #unbinds: Unsubscribe[] = [];

  constructor(
    @Inject(prometheusOptions) options: PrometheusModuleOptions,
    @Inject(boundRegistries) { registries, table }: BoundRegistries,
  ) {
    this.#options = options;
    this.#registries = registries;
    this.#policies = table;
  }

  /**
   * @param table the policies; those of this library by default
   *
   * @example
   * imports: [ResilienceModule.forRoot(), ResiliencePrometheusModule.forRoot({ extraLabels: { application: 'account' } })]
   */
  static forRoot(options: PrometheusModuleOptions = {}, table: PolicyTable = policies): DynamicModule {
    return ResiliencePrometheusModule.forRootAsync({ useFactory: () => options }, table);
  }

  /**
   * @param table the policies; those of this library by default
   *
   * @example
   * ResiliencePrometheusModule.forRootAsync({
   *   imports: [ResilienceActuatorModule.forRoot()],
   *   inject: [DiagnosisSource],
   *   useFactory: (doctor: DiagnosisSource) => ({ findings: () => doctor.diagnosis().findings }),
   * })
   */
  static forRootAsync(
    { imports = [], inject = [], useFactory }: PrometheusModuleAsyncOptions,
    table: PolicyTable = policies,
  ): DynamicModule {
    const kinds = kindsOf(table);
    const bound: FactoryProvider<BoundRegistries> = {
      provide: boundRegistries,
      inject: kinds.map((kind) => registryToken(kind)),
      useFactory: (...registries: unknown[]) => ({
        registries: Object.fromEntries(kinds.map((kind, at) => [kind, registries[at]])),
        table,
      }),
    };
    return {
      module: ResiliencePrometheusModule,
      imports,
      providers: [{ provide: prometheusOptions, inject, useFactory }, bound],
    };
  }

  /** @throws Error from prom-client if the registry has a metric of the same name */
  onModuleInit(): void {
    const { registry, findings, ...options } = this.#options;
    this.#unbinds.push(bindToPrometheus(this.#registries, registry, { ...options, policies: this.#policies }));
    if (findings !== undefined) this.#unbinds.push(bindFindings(findings, registry, options));
  }

  onApplicationShutdown(): void {
    for (const unbind of this.#unbinds.splice(0)) unbind();
  }
}

interface BoundRegistries {
  readonly registries: FollowableRegistries;
  readonly table: PolicyTable;
}
