/**
 * A module of Node.js; `undefined` in a browser, which has none. No file that the doctor's page shares imports one.
 *
 * @param name with its prefix, e.g. `node:async_hooks`
 */
export function nodeModule<M>(name: string): M | undefined {
  if (typeof process === 'undefined') return undefined;
  return process.getBuiltinModule(name) as M | undefined;
}

/** Whether a value is a promise, also one of another realm, as in the sandboxes of test frameworks. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise || tagOf(value) === '[object Promise]';
}

/** Whether a function is a generator, synchronous or asynchronous. */
export function isGeneratorFunction(value: unknown): boolean {
  return ['[object GeneratorFunction]', '[object AsyncGeneratorFunction]'].includes(tagOf(value));
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
