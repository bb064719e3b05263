import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributes } from '../../domain/turns/engine.js';
import { messageOf, StartFailure } from '../start/failure.js';

type Name = keyof typeof searchAttributes;

const valueTypes = {
  Keyword: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KeywordList: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
} as const;

/**
 * Registers the search attributes that the server lacks, and gives their names: without them no turn can be started.
 * Where that is not allowed, throws a `StartFailure` with the command for an operator.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<Name[]> {
  const there = await registered(connection, namespace);
  const names = Object.keys(searchAttributes) as Name[];
  const wrong = names.find((name) => there[name] !== undefined && there[name] !== valueTypes[searchAttributes[name]]);
  if (wrong) {
    throw new StartFailure(
      `Temporal: the search attribute ${wrong} of namespace ${namespace} is not of type ${searchAttributes[wrong]}. Set TEMPORAL_NAMESPACE to a namespace that only this service uses.`,
    );
  }
  const missing = names.filter((name) => there[name] === undefined);
  if (missing.length === 0) return [];
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, valueTypes[searchAttributes[name]]])),
    });
  } catch (error) {
    throw new StartFailure(registerMessage(missing, namespace, messageOf(error)));
  }
  return missing;
}

/** The namespace's attributes. None where they can't be listed: then the attempt to add them gives the error. */
async function registered(connection: Connection, namespace: string) {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return customAttributes ?? {};
  } catch {
    return {};
  }
}

function registerMessage(missing: Name[], namespace: string, reason: string): string {
  const options = missing.map((name) => `--name ${name} --type ${searchAttributes[name]}`).join(' ');
  return [
    `Temporal: the search attributes of this service are missing in namespace ${namespace}, and could not be registered (${reason}).`,
    'Run this as an operator (on Temporal Cloud: add them in the namespace settings), then start again:',
    `  temporal operator search-attribute create --namespace ${namespace} ${options}`,
  ].join('\n');
}
