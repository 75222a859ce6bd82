import { InvalidOptionsError, type OptionFault } from '../core/errors.ts';
import { nearestRelaxed, spelledLike } from './names.ts';

/** The keys that are allowed at a position in the configuration. */
export interface Vocabulary {
  readonly known: readonly string[];
  /** Keys of Resilience4j that have no effect here. */
  readonly meaningless: readonly string[];
}

/** Faults and warnings found while configuration is read, so that all of them are reported at once. */
export class ConfigIssues {
  readonly #faults = new Map<string, OptionFault>();
  readonly #ignored = new Set<string>();
  /** The places of each text. */
  readonly #withoutCounterpart = new Map<string, Set<string>>();

  /** @param fault with the place as its option */
  readonly report = (fault: OptionFault): void => {
    this.#faults.set(`${fault.option}\n${fault.given}`, fault);
  };

  /** @param place with the reason in parentheses, unless it is obvious */
  ignore(place: string): void {
    this.#ignored.add(place);
  }

  /**
   * A Java class without a counterpart in the application.
   *
   * @param effect what that means for the option
   * @param remedy what can provide a counterpart
   */
  noCounterpart(name: string, place: string, effect: string, remedy: string): void {
    const text = `The Java class ${name} is not known here, so ${effect}; ${remedy}`;
    const places = this.#withoutCounterpart.get(text) ?? new Set();
    this.#withoutCounterpart.set(text, places.add(place));
  }

  /** A key without effect: a fault if it looks like a mistyped one, otherwise ignored. */
  unknownKey(written: string, place: string, { known, meaningless }: Vocabulary): void {
    const nearest = nearestRelaxed(written, [...known, ...meaningless]);
    if (nearest === undefined || meaningless.includes(nearest)) return this.ignore(place);
    const allowed = `${spelledLike(written, nearest)}, if that is what you meant`;
    this.report({ option: place, given: 'not known', allowed });
  }

  /** One text with everything that was ignored, if there is any, and one for each Java class without a counterpart. */
  warnings(): readonly string[] {
    const lines = [...this.#ignored].map((place) => `  - ${place}`);
    const ignored =
      lines.length === 0 ? [] : [`Parts of the resilience configuration have no effect here:\n${lines.join('\n')}`];
    const classes = [...this.#withoutCounterpart].map(([text, places]) => `${text} (${[...places].join(', ')}).`);
    return [...ignored, ...classes];
  }

  /** @throws InvalidOptionsError listing every fault, if there is any */
  throwFaults(): void {
    if (this.#faults.size === 0) return;
    throw new InvalidOptionsError('The resilience configuration', [...this.#faults.values()]);
  }
}
