/**
 * Whether a profile expression of Spring accepts the active profiles: a name, or names with `!`, `&`, `|` and
 * parentheses. Like Spring, it needs parentheses where `&` and `|` meet. `undefined` if the expression is not valid.
 */
export function acceptsProfiles(expression: string, active: readonly string[]): boolean | undefined {
  const tokens = expression.match(/[()&|!]|[^\s()&|!]+/g) ?? [];
  let at = 0;

  function operand(): boolean | undefined {
    const token = tokens[at++];
    if (token === '!') {
      const negated = operand();
      return negated === undefined ? undefined : !negated;
    }
    if (token === '(') {
      const inner = operation();
      return tokens[at++] === ')' ? inner : undefined;
    }
    return token === undefined || ')&|'.includes(token) ? undefined : active.includes(token);
  }

  function operation(): boolean | undefined {
    const operands = [operand()];
    const operator = tokens[at] === '&' ? '&' : '|';
    while (tokens[at] === operator) {
      at++;
      operands.push(operand());
    }
    if (operands.includes(undefined)) return undefined;
    return operator === '&' ? !operands.includes(false) : operands.includes(true);
  }

  const result = operation();
  return at === tokens.length ? result : undefined;
}
