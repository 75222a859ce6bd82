export type { LogLevel, TransitionDescription } from './describe-transition.ts';
export { describeTransition } from './describe-transition.ts';
export type { Logger } from './log-transitions.ts';
export { logTransitions } from './log-transitions.ts';
