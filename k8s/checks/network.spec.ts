import { describe, expect, it } from 'vitest';
import { flowsIn } from './flows.ts';
import { hasPolicies } from '../kustomize/kustomize.ts';
import { canRender, complete, manifestsOf, titled } from './rendered.ts';

const databaseUsers = ['account', 'customer', 'account-migrations', 'customer-migrations'];

/** The peers outside of the namespace. */
const outsiders = ['outside', 'prometheus', 'dns'];

const everywhere = [
  ...outsiders.map((peer) => `${peer} → nginx:8080`),
  'nginx → account:3000',
  'nginx → console:3002',
  'account → customer:3001',
  'console → account:3000',
  'console → customer:3001',
  'console → nginx:8080',
  'prometheus → account:3000',
  'prometheus → customer:3001',
  'prometheus → nginx:8081',
  'account → otel-collector:4318',
  'customer → otel-collector:4318',
  'otel-collector → jaeger:4317',
  // A managed PostgreSQL may be anywhere.
  ...databaseUsers.flatMap((user) => outsiders.map((peer) => `${user} → ${peer}:5432`)),
  ...[...databaseUsers, 'nginx', 'console', 'otel-collector', 'jaeger'].flatMap((any) => [
    `${any} → dns:53`,
    `${any} → dns:53/udp`,
  ]),
];

/** All allowed connections, by overlay. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  local: [
    ...everywhere,
    ...databaseUsers.map((user) => `${user} → postgres:5432`),
    'postgres → dns:53',
    'postgres → dns:53/udp',
  ],
  production: everywhere,
};

describe.skipIf(!canRender).each(complete)('the network of $title', ({ combination }) => {
  it('allows only the listed connections', () => {
    const flows = flowsIn(manifestsOf(combination));

    expect(flows.toSorted()).toEqual([...wanted[combination.overlay]!].toSorted());
  });
});

describe.skipIf(!canRender)('without network policies', () => {
  it.each(titled.filter(({ combination }) => !hasPolicies(combination) && combination.components.length <= 1))(
    'every peer reaches every other in $title',
    ({ combination }) => {
      expect(flowsIn(manifestsOf(combination))).toEqual(
        expect.arrayContaining([
          'outside → account:3000',
          'nginx → customer:3001',
          'customer → outside:443',
          'customer → outside:other',
        ]),
      );
    },
  );
});
