export { operationsOf } from '../openapi/document.ts';
export { apiIssues, documentedProblems } from './api-checks.ts';
export { anyRequest, undescribedRequest } from './any-request/any-request.ts';
export { ResponseChecker } from './any-request/response-checker.ts';
export { RawClient, type RawResponse, type RawRequest } from './any-request/raw-request.ts';
export { startProcess, type LogLine, type TestedProcess } from './tested-process.ts';
