export { startProcess, type LogLine, type TestedProcess } from './tested-process.ts';
