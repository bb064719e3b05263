import { newEdge, updateEdge as updated } from '../../domain/narrative/edge.js';
import { readEdge, writeEdge } from '../narrative/edges.js';
import type { Handler } from './handler.js';

export const updateEdge: Handler<'edge_update'> = async (tx, chatId, { data }) => {
  const edge = (await readEdge(tx, chatId, data.sourceId, data.targetId)) ?? newEdge(data.sourceId, data.targetId);
  await writeEdge(tx, chatId, updated(edge, data));
};

export const summarizeEdge: Handler<'edge_summary'> = async (tx, chatId, { data }) => {
  const edge = (await readEdge(tx, chatId, data.sourceId, data.targetId)) ?? newEdge(data.sourceId, data.targetId);
  await writeEdge(tx, chatId, { ...edge, summary: data.summary });
};
