import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { k8sFolder } from '../kustomize/combinations.ts';
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

  it('has the files that the services have everywhere', () => {
    expect(dataOf('account-resilience')).toEqual({ 'resilience.yml': read('apps/account/resilience.yml') });
    expect(dataOf('nginx-template')).toEqual({ 'nginx.conf.template': read('nginx/nginx.conf') });
  });

  it('runs nginx and PostgreSQL in the versions of compose', () => {
    for (const service of ['nginx', 'postgres']) {
      const images = containers()
        .filter(({ name }) => name === service)
        .map(({ image }) => image);
      if (combination.overlay === 'local' || service === 'nginx') {
        expect(images).toEqual([defaultOf(compose.services[service]?.image)]);
      }
    }
  });

  it('sets what nginx.conf asks for, no more and no less', () => {
    const placeholders = new Set(
      [...read('nginx/nginx.conf').matchAll(/\$\{(GATEWAY_\w+)\}/g)].map(([, name]) => name),
    );
    const nginx = containers().find(({ name }) => name === 'nginx');
    const set = nginx?.env?.map(({ name }) => name).filter((name) => name.startsWith('GATEWAY_'));

    expect(set?.toSorted()).toEqual([...placeholders].map(String).toSorted());
  });

  it('hides from clients what compose hides', () => {
    const nginx = containers().find(({ name }) => name === 'nginx');

    expect(nginx?.env?.find(({ name }) => name === 'GATEWAY_HIDDEN_PATHS')?.value).toBe(
      defaultOf(compose.services['nginx']?.environment?.['GATEWAY_HIDDEN_PATHS']),
    );
  });

  it('lets nobody break customer but where it is for play', () => {
    const tokens = containers().flatMap(({ env = [] }) => env.filter(({ name }) => name.startsWith('FAULTS_TOKEN')));

    expect(tokens).toHaveLength(combination.overlay === 'local' ? 1 : 0);
  });
});

describe('the PrometheusRule', () => {
  it('has the rules of monitoring/; `npm run k8s:rules` writes it', () => {
    expect(readFileSync(prometheusRuleFile, 'utf8')).toBe(prometheusRule());
  });
});
