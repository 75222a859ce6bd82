/** In V8, but not yet in the types of TypeScript. */
declare global {
  interface JSON {
    /** Returns a value that `JSON.stringify` writes as this text. */
    rawJSON(text: string): object;
  }
}

/** Writes a value as JSON. A bigint, such as an int8 that a number would round, becomes an integer with all its digits. */
export const writeJson = (value: unknown): string => JSON.stringify(value, writeExactly);

const writeExactly = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value;
