import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { opossumEngine } from '../src/adapters/opossum/opossum-circuit-breaker.ts';
import { resilienceConfig } from '../src/config/resilience-config.ts';
import {
  legalTransitions,
  stateNames,
  type StateName,
} from '../src/core/circuit-breaker/circuit-breaker.transitions.ts';
import { createRegistries } from '../src/core/policies.ts';
import type { ErrorClass } from '../src/core/options.ts';
import { codeBlocks, isExcerptOf } from './documentation.ts';

const blocks = await codeBlocks();
const inLanguages = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

const compiled = ['ts', 'typescript', 'tsx', 'js', 'javascript'];
const data = ['yaml', 'yml'];
/** What is neither TypeScript nor configuration of policies, and what no file here could hold. */
const others = ['', 'sh', 'text', 'json', 'sql', 'java', 'promql', 'nginx', 'dockerfile', 'diff', 'http', 'mermaid'];

const read = (file: string): Promise<string> => readFile(join(import.meta.dirname, file), 'utf8');
const sources = await Promise.all((await Array.fromAsync(glob('**/*.ts', { cwd: import.meta.dirname }))).map(read));

describe('The documentation', () => {
  it('has only blocks of kinds that are known here', () => {
    expect([...new Set(blocks.map(({ language }) => language))]).toSatisfy((languages: string[]) =>
      languages.every((language) => [...compiled, ...data, ...others].includes(language)),
    );
  });

  it('is found', () => {
    const pages = new Set(inLanguages(...compiled).map(({ page }) => page));

    expect([...pages]).toEqual(
      expect.arrayContaining([
        'README.md',
        'docs/doctor.md',
        'docs/migrating-from-opossum.md',
        'docs/migrating-from-resilience4j.md',
        'docs/opossum.md',
        'libs/resilience/README.md',
      ]),
    );
  });
});

describe('The TypeScript in the documentation', () => {
  it.each(inLanguages(...compiled))('is lines of a file here, which is compiled: $page: $code', ({ code }) => {
    expect(sources.some((source) => isExcerptOf(code, source))).toBe(true);
  });
});

describe('The YAML in the documentation', () => {
  it.each(inLanguages(...data))('is YAML, and loads if it is about policies: $page: $code', ({ page, code }) => {
    for (const document of parseAllDocuments(code)) expect(document.errors).toStrictEqual([]);
    const isAboutPolicies = /^resilience4j\b/m.test(code);

    expect(isAboutPolicies ? warningsOf(page, code) : []).toStrictEqual([]);
  });

  it('is about policies in more than one place', () => {
    expect(inLanguages(...data).filter(({ code }) => /^resilience4j\b/m.test(code)).length).toBeGreaterThan(3);
  });
});

describe('A state diagram in the documentation', () => {
  const diagrams = inLanguages('mermaid').filter(({ code }) => code.startsWith('stateDiagram'));

  it('is found', () => {
    expect(diagrams.map(({ page }) => page)).toContain('docs/architecture.md');
  });

  it.each(diagrams)('draws every state and only legal transitions: $page', ({ code }) => {
    const transitions = [...code.matchAll(/^\s*(?<from>\w+) --> (?<to>\w+)/gm)].map(({ groups }) => ({
      from: groups?.['from'] as StateName,
      to: groups?.['to'] as StateName,
    }));

    expect(new Set(transitions.flatMap(({ from, to }) => [from, to]))).toEqual(new Set(stateNames));
    expect(transitions.filter(({ from, to }) => !legalTransitions[from].includes(to))).toEqual([]);
  });
});

const namesOfClasses = new Set(['recordExceptions', 'ignoreExceptions', 'retryExceptions']);

/**
 * Makes all that the text configures, as an application would.
 *
 * @returns what has no effect
 * @throws InvalidOptionsError listing every fault
 */
function warningsOf(label: string, text: string): readonly string[] {
  // The classes are the application's that the page tells of.
  const errorTypes: Record<string, ErrorClass> = {};
  const document: unknown = parse(text, (key, value: unknown) => {
    if (namesOfClasses.has(String(key)))
      for (const name of value as string[]) errorTypes[name] = class extends Error {};
    return value;
  });
  const { warnings, ...config } = resilienceConfig([{ label, documents: [document] }], { env: {}, errorTypes });
  createRegistries(config, { engines: { opossum: opossumEngine } });
  return warnings;
}
