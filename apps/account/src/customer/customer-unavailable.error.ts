/** Customer gave no answer that says whether a customer exists. Nothing is known about the one asked for. */
export class CustomerUnavailableError extends Error {
  override readonly name = 'CustomerUnavailableError';
}
