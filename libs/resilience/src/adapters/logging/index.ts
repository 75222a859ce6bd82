export type { Logger, LogLevel, TransitionDescription } from './log-transitions.ts';
export { describeTransition, logTransitions } from './log-transitions.ts';
