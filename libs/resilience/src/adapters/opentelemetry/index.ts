export { AttemptSpans } from './attempt-spans.ts';
export { attributeNames } from './attribute-names.ts';
export type { InstrumentedRegistries } from './instrument.ts';
export { instrument } from './instrument.ts';
