import { ResilienceError } from '../errors.ts';

/** The reason with which a hedge aborts the attempts that it does not need any more. Its callers never see it. */
export class HedgeDecidedError extends ResilienceError {
  readonly code = 'HEDGE_DECIDED';
  readonly hedgeName: string;

  constructor(hedgeName: string) {
    super(`Hedge '${hedgeName}' aborted this attempt because another one had answered.`);
    this.hedgeName = hedgeName;
  }
}
