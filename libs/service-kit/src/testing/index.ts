export { apiIssues, documentedProblems } from './api-checks.ts';
export { describeAnyRequest } from './any-request/describe-any-request.ts';
export { startProcess, type LogLine, type TestedProcess } from './tested-process.ts';
