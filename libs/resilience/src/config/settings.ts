/** A value as the option takes it, and where it was set. */
export interface Setting {
  readonly value: unknown;
  readonly origin: string;
}

/** What a definition sets, by option. */
export type Settings = Readonly<Record<string, Setting>>;
