import { ResilienceError } from '../errors.ts';

/** The reason with which a hedge aborts the other attempts after one succeeded. Callers of the hedge never get it. */
export class HedgeDecidedError extends ResilienceError {
  readonly code = 'HEDGE_DECIDED';
  readonly hedgeName: string;

  constructor(hedgeName: string) {
    super(`Hedge '${hedgeName}' aborted this attempt because another one succeeded first.`);
    this.hedgeName = hedgeName;
  }
}
