import { describe, expect, it } from 'vitest';
import {
  legalTransitions,
  stateNames,
  type StateName,
} from '../../libs/resilience/src/core/circuit-breaker/circuit-breaker.transitions.ts';
import { pagePaths, readPage } from './documents.ts';

const diagrams = pagePaths.flatMap((page) =>
  readPage(page)
    .fences.filter(({ language }) => language === 'mermaid')
    .map(({ text }) => ({ page, text })),
);
const states = diagrams.filter(({ text }) => text.startsWith('stateDiagram'));

describe('a diagram of the circuit breaker', () => {
  it.each(states)('in $page draws every state, and no way that the table does not allow', ({ text }) => {
    const ways = [...text.matchAll(/^\s*(?<from>\w+) --> (?<to>\w+)/gm)].map(({ groups }) => ({
      from: groups?.['from'] as StateName,
      to: groups?.['to'] as StateName,
    }));

    expect(new Set(ways.flatMap(({ from, to }) => [from, to]))).toEqual(new Set(stateNames));
    expect(ways.filter(({ from, to }) => !legalTransitions[from].includes(to))).toEqual([]);
  });

  it('is there', () => expect(states.map(({ page }) => page)).toContain('docs/architecture.md'));
});

describe('a diagram', () => {
  it.each(diagrams)('of $page is of a kind that GitHub draws', ({ text }) => {
    expect(text).toMatch(/^(?:flowchart (?:TD|LR)|sequenceDiagram|stateDiagram-v2)\n/);
  });
});
