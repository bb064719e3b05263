/** A body with the first occurrence of `original` replaced, as literal text; null when there is none. */
export function applyChange(
  body: string,
  { original, proposed }: { original: string; proposed: string },
): string | null {
  const at = body.indexOf(original);
  return at < 0 ? null : body.slice(0, at) + proposed + body.slice(at + original.length);
}
