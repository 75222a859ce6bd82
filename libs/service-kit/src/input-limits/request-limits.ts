/** The largest body that is read; a larger one is refused with 413. */
export const bodyLimitBytes = 64 * 1024;
/** How deep the objects and arrays of a body may be inside of one another; a deeper one is refused with 400. */
export const maxJsonDepth = 32;
/** The longest path with its query; a longer one is refused with 414. */
export const maxUrlLength = 4 * 1024;
/** The largest head of a request, its URL included; a larger one is refused with 431. */
export const maxHeaderBytes = 16 * 1024;
/** How long a client may take to send its whole request; a slower one is refused with 408. */
export const requestTimeoutMs = 30_000;
