import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rulesOf } from './rule-files.ts';

const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
const alerts = rulesOf('alerts');
const names = alerts.map(({ alert }) => String(alert));

/** The sections of the runbook whose title has the form of an alert name. */
const sections = [...runbook.matchAll(/^### (?<name>[A-Z]\w+)$(?<text>[^]*?)(?=^##|(?![^]))/gm)].map(({ groups }) => ({
  name: String(groups?.['name']),
  text: String(groups?.['text']),
}));

describe('the runbook', () => {
  it('has one section per alert, in the order of the rules, and no other', () => {
    expect(sections.map(({ name }) => name)).toEqual(names);
  });

  it.each(sections)(
    'explains $name: meaning, effect on clients, where to look, what to do, what to avoid, recovery',
    ({ text }) => {
      for (const part of ['Means', 'Clients', 'Look', 'Do', 'Don’t', 'Recovery'])
        expect(text).toContain(`**${part}.**`);
    },
  );
});

describe('a panel that the runbook names', () => {
  const dashboards = ['overview', 'resilience'].map((name) =>
    readFileSync(new URL(`../../grafana/dashboards/${name}.json`, import.meta.url), 'utf8'),
  );
  const titles = new Set(
    dashboards.flatMap((text) =>
      [...text.matchAll(/"title": "(?<title>[^"]+)"/g)].map(({ groups }) => groups?.['title']),
    ),
  );
  /** Panel titles begin with a capital letter: `State`, `Slow-call rate`, `Good account openings (1 h)`. */
  const looked = [
    ...new Set([...runbook.matchAll(/`(?<title>[A-Z][a-z-]+(?: [^`:…]+)?)`/g)].map(([, title]) => title)),
  ];

  it.each(looked)('exists on a dashboard: %s', (title) => {
    expect(titles).toContain(title);
  });
});

describe('an alert rule', () => {
  it.each(alerts)(
    '$alert has a severity, a summary, a description, a runbook link and a dashboard',
    ({ alert, labels, annotations }) => {
      expect(['page', 'ticket']).toContain(labels?.['severity']);
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\w/) as string,
        description: expect.stringMatching(/\.$/) as string,
        runbook_url: `docs/runbook.md#${alert?.toLowerCase()}`,
        dashboard: expect.stringMatching(/^\/d\/breakwater-(overview|resilience)(\?|$)/) as string,
      });
    },
  );
});
