/** What the keeper process says first, as one line of JSON on its standard output. */
export type KeeperMessage =
  | { readonly ready: true; readonly url: string; readonly directory: string }
  | { readonly ready: false; readonly failure: string };

/** What the keeper can be told after that, a line each on its standard input. */
export type KeeperRequest = 'halt' | 'resume';

/** What the keeper says, as one line of JSON, when a request has been done, or could not be. */
export interface KeeperAnswer {
  readonly request: KeeperRequest;
  readonly failure?: string;
}
