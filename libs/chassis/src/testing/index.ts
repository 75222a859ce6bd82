export { documentedProblems } from './documented-problems.ts';
export { apiFaults } from './api-faults.ts';
export { startProcess, type LogLine, type TestedProcess } from './tested-process.ts';
