import { ResilienceError } from '../core/errors.ts';

/** A configuration file cannot be read: it is missing, it is no valid YAML, or there is nothing to read YAML with. */
export class ConfigFileError extends ResilienceError {
  readonly code = 'CONFIG_FILE_UNREADABLE';
  /** The resolved path. */
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}
