export type { Logger, LogLevel, TransitionDescription } from '../../core/circuit-breaker/log-transitions.ts';
export { describeTransition, logTransitions } from '../../core/circuit-breaker/log-transitions.ts';
