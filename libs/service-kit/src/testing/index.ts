export { apiIssues, documentedProblems } from './api-checks.ts';
export { describeAnyRequest } from './any-request/describe-any-request.ts';
