/** What a turn of the shortest durable design is started with. */
export type Reply = { chatId: string; turnId: string; content: string };

export const taskQueue = 'bench-durable';
export const wirePath = '/wire';
