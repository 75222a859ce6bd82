export { apiIssues, documentedProblems } from './api-checks.ts';
export { describeAnyRequest } from './any-request/describe-any-request.ts';
export { describeRefusals, exchange } from './any-refusal.ts';
