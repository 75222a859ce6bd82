import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rulesOf } from './rule-files.ts';

const monitoring = new URL('../../', import.meta.url);
const page = readFileSync(new URL('../docs/failure-modes.md', monitoring), 'utf8');

const alerts = rulesOf('alerts').map(({ alert }) => String(alert));
const linked = [...page.matchAll(/\[(?<name>\w+)\]\(runbook\.md#(?<anchor>\w+)\)/g)].map(({ groups }) => ({
  name: String(groups?.['name']),
  anchor: String(groups?.['anchor']),
}));

/** Rules and dashboards; another test runs all of their queries on a real Prometheus. */
const queries = globSync(['prometheus/rules/*.yml', 'grafana/dashboards/*.json'], { cwd: fileURLToPath(monitoring) })
  .map((file) => readFileSync(new URL(file, monitoring), 'utf8'))
  .join('\n');
const metric = /`(?<name>up|(?:account|breakwater|customer|http_server|nodejs|pg_pool|process|resilience4j)_\w+)`/g;
const metrics = new Set([...page.matchAll(metric)].map(({ groups }) => String(groups?.['name'])));

/** Each failure with the text that names its proof. */
const failures = page
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    failure: section.slice(0, section.indexOf('\n')),
    proof: section.split('**Shown by:**')[1] ?? '',
  }));

describe('the failure modes page', () => {
  it('names every alert, and only alerts that exist', () => {
    expect(new Set(linked.map(({ name }) => name))).toEqual(new Set(alerts));
    expect(linked.filter(({ name, anchor }) => name.toLowerCase() !== anchor)).toEqual([]);
  });

  it('marks every paging alert as a page', () => {
    const paging = rulesOf('alerts').filter(({ labels }) => labels?.['severity'] === 'page');
    const unmarked = paging.filter(
      ({ alert }) => !page.split('\n').some((line) => line.includes(`[${alert}]`) && /\*\*pages?\*\*/.test(line)),
    );

    expect(unmarked.map(({ alert }) => alert)).toEqual([]);
  });

  it.each([...metrics])('names a metric that rules or dashboards query: %s', (name) => {
    expect(queries).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it.each(failures)('names a test: $failure', ({ proof }) => {
    expect(proof).toMatch(/\]\(\.\.\/[^)]+\)/);
    expect(proof).not.toContain('not tested');
  });
});
