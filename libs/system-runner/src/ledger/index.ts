export { audit, type Finding, type FindingKind, type RecordedAnswer, type RecordedRequest } from './audit.ts';
export { type AccountRow, type Books, countPending, type EventRow, type KeyRow, readBooks } from './books.ts';
