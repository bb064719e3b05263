/**
 * Finds breaches in the text of a reply. Each word names its request and its position in it. The text must consist of the
 * words of at most `mayHold` requests, one after another, each from its first word without a gap. A change block or a
 * provider's error may follow.
 */
export function textBreach(text: string, mayHold: number): string[] {
  const words = text.replace(/(?:<change>|\[Provider error|\n\n)[\s\S]*$/, '').match(/\d+:\d+(?= )/g) ?? [];
  const seen = new Set<string>();
  let next = '';
  for (const word of words) {
    const [request = '', place] = word.split(':');
    if (word !== next && (place !== '0' || seen.has(request)))
      return [`found ${word}, expected ${next || 'a first word'}: ${text.slice(0, 300)}`];
    seen.add(request);
    next = `${request}:${Number(place) + 1}`;
  }
  return seen.size > mayHold ? [`the text is of ${seen.size} requests: ${text.slice(0, 300)}`] : [];
}
