import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { ofKind, type WorkloadSpec } from '../kustomize/manifest.ts';
import { secondsOf } from '../kustomize/manifest.ts';
import { canRender, complete, manifestsOf } from './rendered.ts';

const nginxConf = readFileSync(join(k8sFolder, '../nginx/nginx.conf'), 'utf8');
const resolverConf = readFileSync(join(k8sFolder, '../nginx/resolver.conf.template'), 'utf8');

/** The value of a directive in nginx.conf that starts a line. */
const nginx = (directive: string, block = ''): number =>
  secondsOf(new RegExp(`${block}[^]*?^\\s*${directive} (\\S+);`, 'm').exec(nginxConf)?.[1]);

/** Seconds between the longest shutdown and SIGKILL. */
const toSpare = 5;

describe.skipIf(!canRender).each(complete)('the shutdown of a pod in $title', ({ combination }) => {
  const pod = (name: string) => {
    const deployment = ofKind<WorkloadSpec>(manifestsOf(combination), 'Deployment').find(
      ({ metadata }) => metadata.name === name,
    );
    const { containers, terminationGracePeriodSeconds = 0 } = deployment!.spec.template.spec;
    const { env = [], lifecycle, readinessProbe } = containers[0]!;
    return {
      grace: terminationGracePeriodSeconds,
      preStop: lifecycle?.preStop?.sleep?.seconds ?? 0,
      notReadyAfter: (readinessProbe?.periodSeconds ?? 0) * (readinessProbe?.failureThreshold ?? 0),
      value: (variable: string) => env.find(({ name }) => name === variable)?.value,
    };
  };

  it.each(['account', 'customer', 'console'])('has a grace period for the longest shutdown of %s', (service) => {
    const { grace, preStop, value } = pod(service);

    expect(grace).toBe(preStop + secondsOf(value('SHUTDOWN_TIMEOUT')) + toSpare);
  });

  it.each(['account', 'customer'])('waits for the longest request to %s', (service) => {
    const { value } = pod(service);
    const longest = secondsOf(pod('account').value('REQUEST_TIMEOUT'));

    expect(secondsOf(value('SHUTDOWN_TIMEOUT'))).toBeGreaterThan(secondsOf(value('SHUTDOWN_DELAY')) + longest);
  });

  it('is complete in nginx before account stops listening', () => {
    const { preStop, value } = pod('account');
    const resolves = secondsOf(/valid=(\S+)/.exec(resolverConf)?.[1]);

    // The API server, the endpoints and the DNS take at most one second each.
    expect(preStop).toBeGreaterThanOrEqual(resolves + 3);
    expect(secondsOf(value('SHUTDOWN_DELAY'))).toBeGreaterThan(nginx('keepalive_timeout', 'upstream accounts'));
  });

  it('leaves nginx enough time to complete its requests', () => {
    const { grace, preStop } = pod('nginx');

    expect(grace).toBe(preStop + nginx('worker_shutdown_timeout') + toSpare);
    expect(nginx('worker_shutdown_timeout')).toBeGreaterThan(nginx('proxy_read_timeout', 'proxy_http_version'));
    expect(nginx('proxy_read_timeout', 'proxy_http_version')).toBeGreaterThan(
      secondsOf(pod('account').value('REQUEST_TIMEOUT')),
    );
  });

  it('starts in nginx only after nodes have stopped sending connections', () => {
    expect(pod('nginx').preStop).toBeGreaterThan(pod('nginx').notReadyAfter);
  });
});
