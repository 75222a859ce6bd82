/** A word or phrase that the project does not use, and what to write instead. */
export interface UnwantedTerm {
  /** Names the rule in messages and in `prose-allow` comments. */
  readonly id: string;
  /** Matched as whole words, in any case; a space also matches a line break. */
  readonly words: readonly string[];
  readonly instead: string;
}

/**
 * These words read as translated, or hide who does what. An entry belongs here when a reader stumbles over the word and a
 * plainer one exists in the field.
 */
export const unwantedTerms: readonly UnwantedTerm[] = [
  { id: 'told', words: ['told', 'tells'], instead: 'notified, reports, emits, logs or returns' },
  { id: 'nobody', words: ['nobody'], instead: 'no caller, no client, no replica: name the noun' },
  { id: 'somebody', words: ['somebody', 'whoever'], instead: 'the caller, the client, an operator: name the noun' },
  { id: 'whatever', words: ['whatever'], instead: 'any or all, with the noun' },
  { id: 'anew', words: ['anew', 'begins afresh'], instead: 'again or restarts' },
  { id: 'under-way', words: ['under way'], instead: 'in flight or pending' },
  { id: 'beside', words: ['beside', 'besides'], instead: 'next to, with or also' },
  { id: 'reckon', words: ['reckon', 'reckons', 'reckoned'], instead: 'compute or count' },
  { id: 'come-by', words: ['come by', 'comes by'], instead: 'obtain' },
  { id: 'of-late', words: ['of late'], instead: 'recent or recently' },
  { id: 'give-up', words: ['given up', 'gives up'], instead: 'aborted, cancelled or stops' },
  { id: 'in-trouble', words: ['in trouble'], instead: 'failing or unhealthy' },
  { id: 'heals', words: ['heals'], instead: 'recovers' },
  { id: 'on-trial', words: ['on trial'], instead: 'as a trial call' },
  { id: 'made-up-for', words: ['made up for'], instead: 'reconciled' },
  { id: 'vouched-for', words: ['vouched for'], instead: 'verified' },
];
