/**
 * Evaluates an arithmetic expression. Written here, because libraries for it either evaluate a whole language, with known
 * vulnerabilities, or are no longer maintained. The time is linear in the length, and the depth is limited.
 */
const MAX_DEPTH = 100;

const constants: Record<string, number> = { pi: Math.PI, e: Math.E };
const functions: Record<string, (...values: number[]) => number> = {
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log: Math.log10,
  max: Math.max,
  min: Math.min,
  round: Math.round,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
};

/** The precedence of each operator. `^` is right-associative. */
const binary: Record<string, { power: number; apply: (a: number, b: number) => number }> = {
  '+': { power: 1, apply: (a, b) => a + b },
  '-': { power: 1, apply: (a, b) => a - b },
  '*': { power: 2, apply: (a, b) => a * b },
  '/': { power: 2, apply: (a, b) => a / b },
  '%': { power: 2, apply: (a, b) => a % b },
  '^': { power: 4, apply: (a, b) => a ** b },
};
const UNARY = 3;

export class BadExpression extends Error {
  override readonly name = 'BadExpression';
}

/** The value of an expression. Throws `BadExpression` with the reason. */
export function calculate(expression: string): number {
  const tokens = tokenize(expression);
  let at = 0;
  const peek = () => tokens[at];
  const take = () => tokens[at++];
  const expect = (token: string) => {
    if (take() !== token) throw new BadExpression(`expected ${token}`);
  };

  function parse(power: number, depth: number): number {
    if (depth > MAX_DEPTH) throw new BadExpression('nested too deeply');
    let value = operand(depth);
    for (;;) {
      const next = peek() ?? '';
      const operator = Object.hasOwn(binary, next) ? binary[next] : undefined;
      if (!operator || operator.power < power) return value;
      const rightAssociative = take() === '^';
      value = operator.apply(value, parse(operator.power + (rightAssociative ? 0 : 1), depth + 1));
    }
  }

  function operand(depth: number): number {
    const token = take();
    if (token === undefined) throw new BadExpression('unexpected end');
    if (token === '-') return -parse(UNARY, depth + 1);
    if (token === '+') return parse(UNARY, depth + 1);
    if (token === '(') {
      const value = parse(1, depth + 1);
      expect(')');
      return value;
    }
    if (/^[\d.]/.test(token)) return Number(token);
    return peek() === '(' ? call(token, depth) : constant(token);
  }

  function call(name: string, depth: number): number {
    const apply = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (!apply) throw new BadExpression(`unknown function ${name.slice(0, 20)}`);
    expect('(');
    const values = [parse(1, depth + 1)];
    while (peek() === ',') {
      take();
      values.push(parse(1, depth + 1));
    }
    expect(')');
    return apply(...values);
  }

  const value = parse(1, 0);
  if (at < tokens.length) throw new BadExpression(`unexpected token ${tokens[at]!.slice(0, 20)}`);
  return value;
}

function constant(name: string): number {
  const value = Object.hasOwn(constants, name) ? constants[name] : undefined;
  if (value === undefined) throw new BadExpression(`unknown name ${name.slice(0, 20)}`);
  return value;
}

const TOKEN = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([a-z]+)|([-+*/%^(),]))/iy;

function tokenize(expression: string): string[] {
  const text = expression.trim().replaceAll('**', '^').replaceAll('×', '*').replaceAll('÷', '/');
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new BadExpression(`unexpected text ${text.slice(from, from + 20).trim()}`);
    tokens.push((found[1] ?? found[2] ?? found[3] ?? '').toLowerCase());
  }
  return tokens;
}
