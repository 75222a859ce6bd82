import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { k8sFolder } from '../../kustomize/kustomize.ts';
import { parseManifests } from '../../kustomize/manifest.ts';
import { prometheusRule } from '../../prometheus-rule/prometheus-rule.ts';
import { nameLabel, type Pod } from '../pods.ts';
import { prometheusImage, ruleFaultsOf, ruleNamesOf, type Target, targetFaultsOf } from './monitoring.ts';

const podOf = (service: string): Pod => ({ metadata: { name: `${service}-1`, labels: { [nameLabel]: service } } });

const targetOf = (service: string, changes: Partial<Target> = {}): Target => ({
  labels: { job: service, pod: `${service}-1`, instance: `${service}@${service}-1` },
  health: 'up',
  lastError: '',
  ...changes,
});

describe('the targets of Prometheus', () => {
  const pods = [podOf('account'), podOf('nginx')];

  it('are each ready pod once', () => {
    expect(targetFaultsOf([targetOf('account'), targetOf('nginx'), targetOf('other')], pods)).toEqual([]);
  });

  it.each([
    [[], 'pod account-1 has no target'],
    [[targetOf('account', { labels: { job: 'customer', pod: 'account-1' } })], 'pod account-1 has no target'],
    [[targetOf('account'), targetOf('account')], 'pod account-1 has 2 targets'],
    [[targetOf('account', { health: 'down', lastError: 'timed out' })], 'pod account-1 is down: timed out'],
    [
      [targetOf('account', { labels: { job: 'account', pod: 'account-1', instance: '10.0.0.1:3000' } })],
      'the instance of pod account-1 is 10.0.0.1:3000, not account@account-1',
    ],
  ])('are a fault with %j', (targets, fault) => {
    expect(targetFaultsOf([...targets, targetOf('nginx')], pods)).toEqual([fault]);
  });
});

describe('the rules of Prometheus', () => {
  const groups = [{ rules: [{ name: 'job:up:sum', health: 'ok' }] }, { rules: [{ name: 'Down', health: 'ok' }] }];

  it('are all loaded and healthy', () => {
    expect(ruleFaultsOf(groups, ['job:up:sum', 'Down'])).toEqual([]);
  });

  it('are a fault when one is missing, fails, or was not evaluated yet', () => {
    const failing = [...groups, { rules: [{ name: 'A', health: 'err', lastError: 'a duplicate' }] }];
    const pending = [...groups, { rules: [{ name: 'B', health: 'unknown' }] }];

    expect(ruleFaultsOf(groups, ['Down', 'Missing'])).toEqual(['rule Missing is not loaded']);
    expect(ruleFaultsOf(failing, ['A'])).toEqual(['rule A is err: a duplicate']);
    expect(ruleFaultsOf(pending, ['B'])).toEqual(['rule B is unknown: ']);
  });

  it('are those of the component', () => {
    const names = ruleNamesOf(parseManifests(prometheusRule()));

    expect(names).toEqual(expect.arrayContaining(['job:up:sum', 'FaultLeftActive']));
    expect(names).not.toContain('');
  });
});

it('runs the Prometheus that compose runs', () => {
  const compose = parse(readFileSync(join(k8sFolder, '../docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<string, { image: string }>;
  };

  expect(compose.services['prometheus']?.image).toBe(`\${PROMETHEUS_IMAGE:-${prometheusImage}}`);
});
