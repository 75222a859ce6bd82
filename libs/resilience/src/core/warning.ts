/**
 * Shows an error that must not hurt a call, and must not be lost either, as a process warning.
 *
 * @param type the warning's name, by which it can be filtered
 */
export function warn(type: string, message: string, error: unknown): void {
  process.emitWarning(message, {
    type,
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}
