export { documentedProblems } from './documented-problems.ts';
export { startProcess, type LogLine, type TestedProcess } from './tested-process.ts';
