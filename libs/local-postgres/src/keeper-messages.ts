/** What the keeper process says, once, as one line of JSON on its standard output. */
export type KeeperMessage =
  | { readonly ready: true; readonly url: string; readonly directory: string }
  | { readonly ready: false; readonly failure: string };
