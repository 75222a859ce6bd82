import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { isGeneratorFunction, isPromise, nodeModule } from './platform.ts';

describe('A module of Node.js', () => {
  it('is found by its name with the prefix', () => {
    expect(nodeModule('node:vm')).toMatchObject({ runInNewContext });
    expect(nodeModule('node:missing')).toBeUndefined();
  });

  it('does not exist in a browser', () => {
    vi.stubGlobal('process', undefined);
    let found: unknown = 'not looked up';
    try {
      found = nodeModule('node:vm');
    } finally {
      vi.unstubAllGlobals();
    }

    expect(found).toBeUndefined();
  });
});

describe('What a function returned', () => {
  class OwnPromise extends Promise<void> {
    override readonly [Symbol.toStringTag] = 'OwnPromise';
  }

  it.each([
    ['a promise', Promise.resolve(), true],
    ['a promise of another realm', runInNewContext('Promise.resolve()'), true],
    ['a promise of a subclass with a name of its own', OwnPromise.resolve(), true],
    // oxlint-disable-next-line unicorn/no-thenable -- such objects are what is tested: promises of other libraries
    ['an object with the method then', Object.fromEntries([['then', () => {}]]), false],
    ['a text', '[object Promise]', false],
    ['undefined', undefined, false],
  ])('is a promise or not: %s', (_what, value, expected) => {
    expect(isPromise(value)).toBe(expected);
  });
});

describe('A function', () => {
  it.each([
    ['a generator', function* generate() {}, true],
    ['an asynchronous generator', async function* generate() {}, true],
    ['an asynchronous function', async () => {}, false],
    ['a function', () => {}, false],
    ['no function', 'function*', false],
  ])('is a generator or not: %s', (_what, value, expected) => {
    expect(isGeneratorFunction(value)).toBe(expected);
  });
});
