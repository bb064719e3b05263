/** Numbers, dates, plurals and lists as a language writes them. */
export type Formats = {
  number(value: number): string;
  /** With the form of the count: `count(2, { one: 'reply', other: 'replies' })` is "2 replies". */
  count(n: number, forms: Forms): string;
  /** The form alone. */
  plural(n: number, forms: Forms): string;
  /** "2nd" of `{ two: 'nd', … }`. */
  ordinal(n: number, suffixes: Forms): string;
  /** The time of day, and the date where that is not today. `at`: ISO 8601. */
  time(at: string, now?: Date): string;
  /** The full date and time. `at`: ISO 8601. */
  dateTime(at: string): string;
  /** A duration in milliseconds, such as "1.5 s" or "2 min 5 s". */
  duration(ms: number): string;
  /** A size in bytes, such as "1.2 MB". */
  size(bytes: number): string;
  /** "A, B and C". */
  list(items: readonly string[]): string;
};

/** By the categories of `Intl.PluralRules`. A form that is missing is the one of `other`. */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** The region that the reader's browser asks for, such as `en-GB` for `en`. */
function localeOf(language: string): string {
  const { navigator } = globalThis as { navigator?: { languages?: readonly string[] } };
  return navigator?.languages?.find((tag) => tag.split('-')[0] === language) ?? language;
}

export function formatsOf(language: string): Formats {
  const locale = localeOf(language);
  const plurals = new Intl.PluralRules(language);
  const ordinals = new Intl.PluralRules(language, { type: 'ordinal' });
  const numbers = new Intl.NumberFormat(locale);
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const lists = new Intl.ListFormat(language);
  const { format: number } = numbers;
  const plural = (n: number, forms: Forms) => forms[plurals.select(n)] ?? forms.other;
  return {
    number,
    plural,
    count: (n, forms) => `${number(n)} ${plural(n, forms)}`,
    ordinal: (n, suffixes) => number(n) + (suffixes[ordinals.select(n)] ?? suffixes.other),
    time(at, now = new Date()) {
      const time = new Date(at);
      const isToday = time.toDateString() === now.toDateString();
      return time.toLocaleString(
        locale,
        isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' },
      );
    },
    dateTime: (at) => new Date(at).toLocaleString(locale),
    duration(ms) {
      if (ms < 1_000) return `${number(Math.round(ms))} ms`;
      if (ms < 60_000) return `${tenths.format(ms / 1_000)} s`;
      return `${number(Math.floor(ms / 60_000))} min ${number(Math.round((ms % 60_000) / 1_000))} s`;
    },
    size: (bytes) =>
      bytes < 1_000
        ? `${number(bytes)} B`
        : bytes < 1_000_000
          ? `${number(Math.round(bytes / 1_000))} KB`
          : `${tenths.format(bytes / 1_000_000)} MB`,
    list: (items) => lists.format(items),
  };
}
