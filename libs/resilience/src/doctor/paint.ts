/** The looks that the report uses; each is a format of `util.styleText`. */
export type Look = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

/** Gives a text a look, or leaves it as it is where nobody would see it. */
export type Paint = (look: Look, text: string) => string;

/** No looks at all: for files, pipes and tests. */
export const plain: Paint = (_look, text) => text;
