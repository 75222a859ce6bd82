import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { ofKind, workloadsIn } from '../kustomize/manifest.ts';
import { prometheusRule, prometheusRuleFile } from '../prometheus-rule/prometheus-rule.ts';
import { canRender, complete, manifestsOf } from './rendered.ts';

const read = (file: string): string => readFileSync(join(k8sFolder, '..', file), 'utf8');

interface ComposeFile {
  readonly services: Readonly<
    Record<string, { readonly image: string; readonly environment?: Readonly<Record<string, string>> }>
  >;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as ComposeFile;

/** `${POSTGRES_IMAGE:-postgres:18.4}` is `postgres:18.4`. */
const defaultOf = (text: string | undefined): string | undefined => /^\$\{\w+:-(.*)\}$/.exec(text ?? '')?.[1];

describe.skipIf(!canRender).each(complete)('$title', ({ combination }) => {
  const dataOf = (prefix: string): Readonly<Record<string, string>> | undefined =>
    (
      ofKind(manifestsOf(combination), 'ConfigMap') as unknown as {
        metadata: { name: string };
        data: Record<string, string>;
      }[]
    ).find(({ metadata }) => metadata.name.startsWith(prefix))?.data;
  const containers = () => workloadsIn(manifestsOf(combination)).flatMap(({ spec }) => spec.template.spec.containers);

  const valueOf = (container: string, variable: string): string | undefined =>
    containers()
      .find(({ name }) => name === container)
      ?.env?.find(({ name }) => name === variable)?.value;

  it('contains the same configuration files as other environments', () => {
    expect(dataOf('account-resilience')).toEqual({ 'resilience.yml': read('apps/account/resilience.yml') });
    expect(dataOf('nginx-template')).toEqual({
      'nginx.conf.template': read('nginx/nginx.conf'),
      'resolver.conf.template': read('nginx/resolver.conf.template'),
    });
    expect(dataOf('otel-collector')).toEqual({ 'collector.yaml': read('monitoring/tracing/collector.yaml') });
    expect(dataOf('jaeger')).toEqual({ 'jaeger.yaml': read('monitoring/tracing/jaeger.yaml') });
  });

  it('runs the versions that compose runs', () => {
    for (const service of ['nginx', 'postgres', 'otel-collector', 'jaeger']) {
      const images = containers()
        .filter(({ name }) => name === service)
        .map(({ image }) => image);
      if (combination.overlay === 'local' || service !== 'postgres') {
        expect(images).toEqual([defaultOf(compose.services[service]?.image)]);
      }
    }
  });

  it('sets exactly the placeholders of nginx.conf', () => {
    const placeholders = new Set(
      [...read('nginx/nginx.conf').matchAll(/\$\{(GATEWAY_\w+)\}/g)].map(([, name]) => name),
    );
    const nginx = containers().find(({ name }) => name === 'nginx');
    const set = nginx?.env?.map(({ name }) => name).filter((name) => name.startsWith('GATEWAY_'));

    expect(set?.toSorted()).toEqual([...placeholders].map(String).toSorted());
  });

  it('gives nginx the address of its DNS: a name would have to be resolved before nginx can start', () => {
    expect(valueOf('nginx', 'GATEWAY_RESOLVER')).toBe(
      `include ${valueOf('nginx', 'NGINX_ENVSUBST_OUTPUT_DIR')}/resolver.conf;`,
    );
    // The image sets NGINX_LOCAL_RESOLVERS if this variable is set.
    expect(valueOf('nginx', 'NGINX_ENTRYPOINT_LOCAL_RESOLVERS')).toBe('1');
    const filter = new RegExp(valueOf('nginx', 'NGINX_ENVSUBST_FILTER') ?? '');
    const [placeholder = ''] = /(?<=\$\{)\w+(?=\})/.exec(read('nginx/resolver.conf.template')) ?? [];
    expect(placeholder).toBe('NGINX_LOCAL_RESOLVERS');
    expect(placeholder).toMatch(filter);
  });

  it('hides from clients the paths that compose hides, and in production the console', () => {
    const hidden = valueOf('nginx', 'GATEWAY_HIDDEN_PATHS')?.split('|');
    const hiddenByCompose =
      defaultOf(compose.services['nginx']?.environment?.['GATEWAY_HIDDEN_PATHS'])?.split('|') ?? [];

    expect(hidden).toEqual(combination.overlay === 'local' ? hiddenByCompose : [...hiddenByCompose, 'console']);
  });

  it('enables load and experiments only in the local overlay', () => {
    const isLocal = combination.overlay === 'local';

    expect(valueOf('console', 'CONSOLE_LOAD')).toBe(String(isLocal));
    expect(valueOf('account', 'DEMO_MODE')).toBe(isLocal ? 'true' : undefined);
    const image = containers().find(({ name }) => name === 'account')?.image;
    expect(image?.includes('breakwater/account-lab:')).toBe(isLocal);
  });

  it.each(['account', 'customer'])(
    'sends the traces of %s to the collector, with the names of pod and node',
    (name) => {
      const { hostname, port } = new URL(valueOf(name, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? '');
      const collector = ofKind<{ ports: { port: number }[] }>(manifestsOf(combination), 'Service').find(
        ({ metadata }) => metadata.name === hostname,
      );
      expect(collector?.spec.ports.map((each) => String(each.port))).toContain(port);

      // Kubernetes replaces only references to variables that come before.
      const env = containers().find((container) => container.name === name)?.env ?? [];
      const at = env.findIndex((variable) => variable.name === 'OTEL_RESOURCE_ATTRIBUTES');
      const references = [...(env[at]?.value ?? '').matchAll(/([\w.]+)=\$\((\w+)\)/g)];
      const fieldOf = (variable: string | undefined) =>
        env.slice(0, at).find((each) => each.name === variable)?.valueFrom?.fieldRef?.fieldPath;
      expect(Object.fromEntries(references.map(([, attribute, variable]) => [attribute, fieldOf(variable)]))).toEqual({
        'service.instance.id': 'metadata.name',
        'k8s.pod.name': 'metadata.name',
        'k8s.namespace.name': 'metadata.namespace',
        'k8s.node.name': 'spec.nodeName',
      });
    },
  );

  it('serves the console only under the names by which clients reach it', () => {
    expect(valueOf('console', 'ALLOWED_HOSTS')?.split(',')).toContain('loopback');
    expect(defaultOf(compose.services['console']?.environment?.['ALLOWED_HOSTS'])).toBe('loopback');
  });

  it('has an address for every service that the console calls', () => {
    const services = ofKind<{ ports: { port: number }[] }>(manifestsOf(combination), 'Service');
    const addresses = services.flatMap(({ metadata, spec }) =>
      spec.ports.map(({ port }) => `${metadata.name}:${port}`),
    );
    const called = ['ACCOUNT_URL', 'CUSTOMER_URL', 'LOAD_URL'].map((name) => new URL(valueOf('console', name) ?? ''));

    expect(addresses).toEqual(expect.arrayContaining(called.map(({ hostname, port }) => `${hostname}:${port || 80}`)));
    expect(valueOf('nginx', 'GATEWAY_CONSOLE')).toBe('console.breakwater.svc.cluster.local:3002');
    expect(addresses).toContain('console:3002');
  });

  it('shows the console every replica, including those that are not ready, and Prometheus each one once', () => {
    const services = ofKind<{ clusterIP?: string; publishNotReadyAddresses?: boolean }>(
      manifestsOf(combination),
      'Service',
    ).filter(({ metadata }) => metadata.name.endsWith('-replicas'));

    expect(services.map(({ metadata }) => metadata.name)).toEqual(['account-replicas', 'customer-replicas']);
    for (const { metadata, spec } of services) {
      expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
      expect(metadata.labels?.['app.kubernetes.io/component']).not.toBe('service');
    }
  });

  it('shows account the address of each replica of customer that is ready, and of no other', () => {
    const { hostname, port } = new URL(valueOf('account', 'CUSTOMER_URL') ?? '');
    const endpoints = ofKind<{
      clusterIP?: string;
      publishNotReadyAddresses?: boolean;
      selector: Record<string, string>;
      ports: { port: number }[];
    }>(manifestsOf(combination), 'Service').find(({ metadata }) => metadata.name === hostname);

    expect(endpoints?.spec).toMatchObject({
      clusterIP: 'None',
      selector: { 'app.kubernetes.io/name': 'customer', 'app.kubernetes.io/component': 'service' },
      ports: [{ port: Number(port) }],
    });
    expect(endpoints?.spec.publishNotReadyAddresses).toBeUndefined();
    expect(endpoints?.metadata.labels?.['app.kubernetes.io/component']).not.toBe('service');
  });

  it('allows faults in customer only in the local overlay', () => {
    const tokens = containers().flatMap(({ env = [] }) => env.filter(({ name }) => name.startsWith('FAULTS_TOKEN')));

    expect(tokens).toHaveLength(combination.overlay === 'local' ? 1 : 0);
  });
});

describe('the PrometheusRule', () => {
  it('contains the rules of monitoring/ (npm run generate rules)', () => {
    expect(readFileSync(prometheusRuleFile, 'utf8')).toBe(prometheusRule());
  });
});
