/** Whose circuit breaker, or `bare`: the same call with nothing around it. */
export const libraries = ['bare', 'breakwater', 'cockatiel', 'opossum', 'mollitia'] as const;

export type Library = (typeof libraries)[number];

/** Makes one call from beginning to end; it never rejects. */
export type Operation = () => Promise<unknown>;

/** One thing that is measured: the same work in several libraries. */
export interface BenchCase {
  readonly name: string;
  /** What a reader has to know to find the comparison fair. */
  readonly remark?: string;
  /** Makes each library ready. What one of them cannot do is left out. */
  readonly subjects: () => Promise<Subjects>;
}

export type Subjects = { readonly [L in Library]?: Subject };

/** A library made ready for a case. */
export interface Subject {
  readonly operation: Operation;
  /** How many calls are made between two readings of the time; less than the usual where each takes long. */
  readonly callsPerSample?: number;
  readonly dispose?: () => void;
}
