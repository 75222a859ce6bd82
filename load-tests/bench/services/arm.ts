/** A service to start; the environment gives it its address, its database and customer. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  /** In addition to the variables that all services get. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command that creates its tables. */
  readonly migrate: readonly string[];
  /** Why a run of it proves nothing; undefined when it does. Default: it does. */
  readonly whyInvalid?: () => string | undefined;
}

/** A service that opens accounts, as one arm of a comparison. */
export interface Arm {
  readonly name: ArmName;
  /** Builds it. @returns what to start, or why there is nothing to start */
  readonly build: (context: BuildContext) => Promise<Program | NotChecked>;
}

export const armNames = ['account', 'bare', 'traced', '5046a20', 'spring'] as const;
export type ArmName = (typeof armNames)[number];

/** The reason why an arm was not measured. */
export interface NotChecked {
  readonly notChecked: string;
}

export interface BuildContext {
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}
