/**
 * Replies consist of words that name their request and their place in it. Says what is wrong with a text that is not
 * made of the words of as many requests as it may hold, one after the other, each from its first word on without a
 * gap. A change block or a provider's error may follow.
 */
export function textBreach(text: string, mayHold: number): string[] {
  const words = text.replace(/(?:<change>|\[Provider error|\n\n)[\s\S]*$/, '').match(/\d+:\d+(?= )/g) ?? [];
  const seen = new Set<string>();
  let next = '';
  for (const word of words) {
    const [request = '', place] = word.split(':');
    if (word !== next && (place !== '0' || seen.has(request)))
      return [`${word} stands where ${next || 'a first word'} should: ${text.slice(0, 300)}`];
    seen.add(request);
    next = `${request}:${Number(place) + 1}`;
  }
  return seen.size > mayHold ? [`it is made of ${seen.size} requests: ${text.slice(0, 300)}`] : [];
}
