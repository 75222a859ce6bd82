import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rulesOf } from './rule-files.ts';

const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
const alerts = rulesOf('alerts');
const names = alerts.map(({ alert }) => String(alert));

/** The sections of the runbook that are named as an alert would be. */
const sections = [...runbook.matchAll(/^### (?<name>[A-Z]\w+)$(?<text>[^]*?)(?=^##|(?![^]))/gm)].map(({ groups }) => ({
  name: String(groups?.['name']),
  text: String(groups?.['text']),
}));

describe('the runbook', () => {
  it('has a section for every alert, in the order of the rules, and none for what is no alert', () => {
    expect(sections.map(({ name }) => name)).toEqual(names);
  });

  it.each(sections)(
    'says of $name what it means, what clients see, where to look, what to do and what not',
    ({ text }) => {
      for (const part of ['Means', 'Clients', 'Look', 'Do', 'Don’t', 'Heals']) expect(text).toContain(`**${part}.**`);
    },
  );
});

describe('where the runbook looks', () => {
  const dashboards = ['overview', 'resilience'].map((name) =>
    readFileSync(new URL(`../../grafana/dashboards/${name}.json`, import.meta.url), 'utf8'),
  );
  const titles = new Set(
    dashboards.flatMap((text) =>
      [...text.matchAll(/"title": "(?<title>[^"]+)"/g)].map(({ groups }) => groups?.['title']),
    ),
  );
  /** Panels are named as sentences begin: `State`, `Slow-call rate`, `Accounts opened well (1 h)`. */
  const looked = [
    ...new Set([...runbook.matchAll(/`(?<title>[A-Z][a-z-]+(?: [^`:…]+)?)`/g)].map(([, title]) => title)),
  ];

  it.each(looked)('is a panel of a dashboard: %s', (title) => {
    expect(titles).toContain(title);
  });
});

describe('an alert', () => {
  it.each(alerts)(
    '$alert says how urgent it is, what is wrong, and where it is explained',
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
