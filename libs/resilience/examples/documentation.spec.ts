import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { visit } from 'unist-util-visit';
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

/** A code block on a page. */
interface CodeBlock {
  readonly page: string;
  /** Empty if the block has no language. */
  readonly language: string;
  readonly code: string;
}

const workspaceRoot = join(import.meta.dirname, '../../..');

/** All pages but `api.md`, which is generated from the types. */
const pages = '{*,{docs,libs,apps,k8s,load-tests,monitoring,compose,nginx}/**/*}.md';
const isNoPage = /(?:^|\/)(?:node_modules|dist|package|results|test-results)\/|\/api\.md$/;

/** The code blocks of all pages. */
async function codeBlocks(): Promise<readonly CodeBlock[]> {
  const blocks: CodeBlock[] = [];
  for await (const page of glob(pages, { cwd: workspaceRoot })) {
    if (isNoPage.test(page)) continue;
    visit(
      unified()
        .use(remarkParse)
        .parse(await readFile(join(workspaceRoot, page), 'utf8')),
      'code',
      (block) => {
        blocks.push({ page, language: block.lang ?? '', code: block.value });
      },
    );
  }
  return blocks.toSorted((a, b) => (a.page < b.page ? -1 : 1));
}

/** Whether a file contains the lines of `code`. */
function isExcerptOf(code: string, source: string): boolean {
  return `\n${source}\n`.includes(`\n${code}\n`);
}

const blocks = await codeBlocks();
const inLanguages = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

const compiled = ['ts', 'typescript', 'tsx', 'js', 'javascript'];
const data = ['yaml', 'yml'];
/** Languages of blocks that are neither TypeScript nor configuration. */
const others = ['', 'sh', 'text', 'json', 'sql', 'java', 'promql', 'nginx', 'dockerfile', 'diff', 'http', 'mermaid'];

const read = (file: string): Promise<string> => readFile(join(import.meta.dirname, file), 'utf8');
const sources = await Promise.all((await Array.fromAsync(glob('**/*.ts', { cwd: import.meta.dirname }))).map(read));

describe('The code blocks in the documentation', () => {
  it('have a known language', () => {
    expect([...new Set(blocks.map(({ language }) => language))]).toSatisfy((languages: string[]) =>
      languages.every((language) => [...compiled, ...data, ...others].includes(language)),
    );
  });

  it('are found in README.md and the other pages with TypeScript', () => {
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
  it.each(inLanguages(...compiled))('is an excerpt of a compiled file: $page: $code', ({ code }) => {
    expect(sources.some((source) => isExcerptOf(code, source))).toBe(true);
  });
});

describe('The YAML in the documentation', () => {
  it.each(inLanguages(...data))('is valid, and loads if it configures policies: $page: $code', ({ page, code }) => {
    for (const document of parseAllDocuments(code)) expect(document.errors).toStrictEqual([]);
    const configuresPolicies = /^resilience4j\b/m.test(code);

    expect(configuresPolicies ? warningsOf(page, code) : []).toStrictEqual([]);
  });

  it('configures policies in several places', () => {
    expect(inLanguages(...data).filter(({ code }) => /^resilience4j\b/m.test(code)).length).toBeGreaterThan(3);
  });
});

describe('A state diagram in the documentation', () => {
  const diagrams = inLanguages('mermaid').filter(({ code }) => code.startsWith('stateDiagram'));

  it('is found in docs/architecture.md', () => {
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
 * Creates the registries that the text configures, as an application would.
 *
 * @returns the warnings about keys without effect
 * @throws InvalidOptionsError listing every fault
 */
function warningsOf(label: string, text: string): readonly string[] {
  // The error classes of the application that the page describes.
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
