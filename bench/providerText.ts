import { createParser } from 'eventsource-parser';

/** Asks the bench's provider for a reply, and calls `onText` with each delta. Resolves at the end of the stream. */
export async function readProviderText(
  { turnId, content }: { turnId: string; content: string },
  onText: (text: string) => void,
): Promise<void> {
  const answer = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-client-request-id': `${turnId}/reply:0/1` },
    body: JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content }] }),
  });
  const parser = createParser({
    onEvent({ data }) {
      const text = data === '[DONE]' ? '' : JSON.parse(data).choices[0]?.delta.content;
      if (text) onText(text);
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of answer.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
}
