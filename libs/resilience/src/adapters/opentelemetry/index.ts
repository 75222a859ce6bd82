export { attributeNames } from '../../core/observability.ts';
export { AttemptSpans } from './attempt-spans.ts';
export type { InstrumentOptions } from './instrument.ts';
export { instrument } from './instrument.ts';
