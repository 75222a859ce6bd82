export { documentedProblems } from './documented-problems.ts';
export { operationsOf } from '../openapi/document.ts';
export { apiFaults } from './api-faults.ts';
export { anyRequest, undescribedRequest } from './any-request/any-request.ts';
export { AnswerJudge } from './any-request/answer-faults.ts';
export { RawClient, type RawAnswer, type RawRequest } from './any-request/raw-request.ts';
export { startProcess, type LogLine, type TestedProcess } from './tested-process.ts';
