import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Combination, k8sFolder } from '../kustomize/kustomize.ts';
import { ofKind } from '../kustomize/manifest.ts';
import { secondsOf } from '../kustomize/manifest.ts';
import { canRender, complete, manifestsOf } from './rendered.ts';

interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly policies: readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[];
}

interface AutoscalerSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly {
    readonly type: string;
    readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization: number } };
    readonly pods?: { readonly metric: { readonly name: string }; readonly target: { readonly averageValue: string } };
  }[];
  readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules };
}

const yaml = <T>(file: string): T => parse(readFileSync(join(k8sFolder, file), 'utf8')) as T;

interface ResilienceFile {
  readonly resilience4j: {
    readonly circuitbreaker: { readonly configs: { readonly default: { readonly waitDurationInOpenState: string } } };
    readonly bulkhead: { readonly instances: { readonly customer: { readonly maxConcurrentCalls: number } } };
  };
}

const { resilience4j } = yaml<ResilienceFile>('../apps/account/resilience.yml');

describe.skipIf(!canRender).each(complete)('the autoscalers of $title', ({ combination }) => {
  const autoscalers = () => ofKind<AutoscalerSpec>(manifestsOf(combination), 'HorizontalPodAutoscaler');
  const ofAccount = () => autoscalers().find(({ metadata }) => metadata.name === 'account')!.spec;

  it('keep at least two replicas, and allow more', () => {
    for (const { spec } of autoscalers()) {
      expect(spec.minReplicas).toBeGreaterThanOrEqual(2);
      expect(spec.maxReplicas).toBeGreaterThan(spec.minReplicas);
    }
  });

  it('scale by the processor, with a margin for the start of a replica', () => {
    for (const { spec } of autoscalers()) {
      const cpu = spec.metrics.find(({ resource }) => resource?.name === 'cpu')?.resource;
      expect(cpu?.target.averageUtilization).toBeLessThanOrEqual(70);
    }
  });

  it('scale up immediately, and down more slowly', () => {
    for (const { spec } of autoscalers()) {
      const { scaleUp, scaleDown } = spec.behavior;
      expect(scaleUp.stabilizationWindowSeconds).toBe(0);
      const fastest = (rules: ScalingRules, type: string): number =>
        Math.max(
          ...rules.policies
            .filter((policy) => policy.type === type)
            .map((policy) => policy.value / policy.periodSeconds),
        );
      for (const type of ['Percent', 'Pods']) expect(fastest(scaleDown, type)).toBeLessThan(fastest(scaleUp, type));
    }
  });

  it('wait much longer before scaling down than a circuit breaker stays open', () => {
    const open = secondsOf(resilience4j.circuitbreaker.configs.default.waitDurationInOpenState);

    expect(ofAccount().behavior.scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(30 * open);
  });

  it('scale account up before its bulkhead refuses calls', () => {
    const inFlight = ofAccount().metrics.find(({ type }) => type === 'Pods')?.pods;

    expect(inFlight?.metric.name).toBe('http_server_requests_in_flight');
    expect(Number(inFlight?.target.averageValue)).toBeLessThan(
      resilience4j.bulkhead.instances.customer.maxConcurrentCalls,
    );
  });
});

describe.skipIf(!canRender).each(complete.filter(({ combination }) => combination.overlay === 'local'))(
  'the PostgreSQL of $title',
  ({ combination }) => {
    it('allows connections for the maximum number of replicas, including a rollout', () => {
      const most = ofKind<AutoscalerSpec>(manifestsOf(combination), 'HorizontalPodAutoscaler')
        .filter(({ metadata }) => metadata.name !== 'nginx')
        .map(({ spec }) => Math.ceil(spec.maxReplicas * 1.25));
      // A pool of node-postgres has ten connections; PostgreSQL allows a hundred and reserves three for its
      // administrator.
      const [inPool, given] = [10, 97];

      expect(most.reduce((sum, replicas) => sum + replicas * inPool, 0)).toBeLessThanOrEqual(given);
    });
  },
);

interface ScaledObjectSpec {
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly advanced: { readonly horizontalPodAutoscalerConfig: { readonly name: string; readonly behavior: object } };
  readonly triggers: readonly {
    readonly type: string;
    readonly metricType: string;
    readonly metadata: Readonly<Record<string, string>>;
  }[];
}

describe.skipIf(!canRender)('the autoscaler of KEDA', () => {
  const withKeda = { overlay: 'production', components: ['keda-autoscaling'] };
  const withAdapter = { overlay: 'production', components: ['custom-metric-autoscaling'] };
  const ofAccount = (combination: Combination) =>
    ofKind<AutoscalerSpec>(manifestsOf(combination), 'HorizontalPodAutoscaler').find(
      ({ metadata }) => metadata.name === 'account',
    );

  it('replaces that of account, and has the same limits, targets and pace', () => {
    const [scaled] = ofKind<ScaledObjectSpec>(manifestsOf(withKeda), 'ScaledObject');
    const { minReplicas, maxReplicas, behavior, metrics } = ofAccount(withAdapter)!.spec;
    const [cpu, prometheus] = scaled!.spec.triggers;

    expect(ofAccount(withKeda)).toBeUndefined();
    expect(scaled?.spec).toMatchObject({ minReplicaCount: minReplicas, maxReplicaCount: maxReplicas });
    // KEDA takes over the autoscaler with this name.
    expect(scaled?.spec.advanced.horizontalPodAutoscalerConfig).toEqual({ name: 'account', behavior });
    expect(cpu?.metadata['value']).toBe(String(metrics[0]?.resource?.target.averageUtilization));
    expect(prometheus?.metadata['threshold']).toBe(metrics[1]?.pods?.target.averageValue);
    expect(prometheus?.metadata['query']).toContain(`${metrics[1]?.pods?.metric.name}{namespace="breakwater"`);
  });
});

describe('the values for prometheus-adapter', () => {
  it('define the metric that the autoscaler uses', () => {
    const { rules } = yaml<{ rules: { custom: { name: { as: string }; seriesQuery: string }[] } }>(
      'components/custom-metric-autoscaling/adapter-values.yaml',
    );
    const [patch] = yaml<{ value: { pods: { metric: { name: string } } } }[]>(
      'components/custom-metric-autoscaling/requests-in-flight.yaml',
    );

    expect(rules.custom.map(({ name }) => name.as)).toEqual([patch?.value.pods.metric.name]);
    // The gauge of the services (libs/service-kit/src/overload/overload.ts).
    const gauge = readFileSync(join(k8sFolder, '../libs/service-kit/src/overload/overload.ts'), 'utf8');
    expect(gauge).toContain(`name: '${rules.custom[0]?.seriesQuery.split('{')[0]}'`);
  });
});
