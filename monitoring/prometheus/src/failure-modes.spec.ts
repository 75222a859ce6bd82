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

/** Rules and dashboards: all of their queries are asked of a real Prometheus elsewhere. */
const queries = globSync(['prometheus/rules/*.yml', 'grafana/dashboards/*.json'], { cwd: fileURLToPath(monitoring) })
  .map((file) => readFileSync(new URL(file, monitoring), 'utf8'))
  .join('\n');
const metric = /`(?<name>up|(?:account|breakwater|customer|http_server|nodejs|pg_pool|process|resilience4j)_\w+)`/g;
const metrics = new Set([...page.matchAll(metric)].map(({ groups }) => String(groups?.['name'])));

/** What stands in the last column of each row. */
const shownBy = page
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (?:fault|-+) /.test(line))
  .map((line) => line.split(' | '))
  .map((cells) => ({ fault: cells[0]?.replace(/^\| /, '').trim() ?? '', proof: cells.at(-1) ?? '' }));

describe('the failure modes', () => {
  it('name every alert, and none that there is not', () => {
    expect(new Set(linked.map(({ name }) => name))).toEqual(new Set(alerts));
    expect(linked.filter(({ name, anchor }) => name.toLowerCase() !== anchor)).toEqual([]);
  });

  it('call a page what pages', () => {
    const paging = rulesOf('alerts').filter(({ labels }) => labels?.['severity'] === 'page');
    const unmarked = paging.filter(
      ({ alert }) => !page.split('\n').some((line) => line.includes(`[${alert}]`) && /\*\*pages?\*\*/.test(line)),
    );

    expect(unmarked.map(({ alert }) => alert)).toEqual([]);
  });

  it.each([...metrics])('name a metric that rules or dashboards look at: %s', (name) => {
    expect(queries).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it.each(shownBy)('say what shows, or that nothing does: $fault', ({ proof }) => {
    expect(proof).toMatch(/\]\(\.\.\/[^)]+\)|not tested/);
  });
});
