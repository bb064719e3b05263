import { base64, chunk, international, png, text, zipped } from './pngs.js';

type Json = Record<string, unknown>;

export const v1 = {
  name: 'Mira',
  description: '{{char}} keeps the lighthouse.',
  personality: 'dry, kind',
  scenario: '{{user}} knocks in a storm.',
  first_mes: 'Mind the step, {{user}}.',
  mes_example: '<START>\n{{user}}: Hello?\n{{char}}: Come in.',
};

export const v2: Json & { data: Json } = {
  spec: 'chara_card_v2',
  spec_version: '2.0',
  data: {
    ...v1,
    creator_notes: 'Best with rain.',
    system_prompt: 'You are {{char}}. {{original}}',
    post_history_instructions: 'Stay brief.',
    alternate_greetings: ['The lamp is out.'],
    tags: ['sea', 'storm'],
    creator: 'someone',
    character_version: '1.2',
    extensions: { 'vendor/mood': { level: 3 } },
  },
};

const entry = {
  keys: ['lamp'],
  content: 'The lamp burns oil.',
  extensions: {},
  enabled: true,
  insertion_order: 10,
  use_regex: false,
};

export const v3: Json & { data: Json } = {
  spec: 'chara_card_v3',
  spec_version: '3.0',
  data: {
    ...v2.data,
    group_only_greetings: [],
    nickname: 'Mi',
    source: ['https://cards.example/mira'],
    creation_date: 1_700_000_000,
    assets: [{ type: 'icon', uri: 'ccdefault:', name: 'main', ext: 'png' }],
    creator_notes_multilingual: { de: 'Am besten bei Regen.' },
    character_book: { name: 'Coast', scan_depth: 4, token_budget: 300, extensions: { x: 1 }, entries: [entry] },
  },
};

const withBook = (character_book: unknown): Json => ({ ...v3, data: { ...v3.data, character_book } });
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const wrapped = (value: string) => value.replace(/.{76}/g, '$&\r\n');

/** Cards as programs write them, each of which is imported. `name`: of the character, where it is not Mira. */
export const shapes: { title: string; file: Buffer; type?: string; name?: string }[] = [
  { title: 'V1, plain', file: json(v1) },
  { title: 'V1 of which only the name is there', file: json({ name: 'Mira' }) },
  {
    title: 'V1 with the names of the oldest programs',
    file: json({
      char_name: 'Mira',
      char_persona: 'Keeps it.',
      char_greeting: 'Hi.',
      world_scenario: '',
      example_dialogue: '',
    }),
  },
  { title: 'V1 with null for empty fields', file: json({ ...v1, personality: null, mes_example: null, tags: null }) },
  { title: 'V1 with fields of a program', file: json({ ...v1, chat: 'Mira - 1', talkativeness: '0.5', fav: false }) },
  { title: 'V2', file: json(v2) },
  {
    title: 'V2 without most fields',
    file: json({ spec: 'chara_card_v2', spec_version: '2.0', data: { name: 'Mira' } }),
  },
  { title: 'V2 of spec_version 2.1', file: json({ ...v2, spec_version: '2.1' }) },
  { title: 'V2 whose spec_version is a number', file: json({ ...v2, spec_version: 2 }) },
  { title: 'V2 that repeats the fields of V1', file: json({ ...v1, ...v2, create_date: '2024-1-1', avatar: 'none' }) },
  {
    title: 'V2 with null fields',
    file: json({
      ...v2,
      data: { ...v2.data, tags: null, alternate_greetings: null, extensions: null, character_book: null },
    }),
  },
  {
    title: 'V2 with tags in one text',
    file: json({ ...v2, data: { ...v2.data, tags: 'sea, storm', character_version: 2 } }),
  },
  {
    title: 'V2 of Chub, with its extensions',
    file: json({
      ...v2,
      data: {
        ...v2.data,
        avatar: 'https://a.example/x.webp',
        extensions: { chub: { id: 1, full_path: 'a/b' }, fav: false },
      },
    }),
  },
  { title: 'V2 without a spec', file: json({ data: v2.data }) },
  { title: 'V3', file: json(v3) },
  { title: 'V3 with a later version', file: json({ ...v3, spec_version: '3.1' }) },
  {
    title: 'V3 whose lorebook has entries by number, as world info has',
    file: json(
      withBook({
        entries: {
          0: { uid: 0, key: ['lamp'], keysecondary: [], content: 'Oil.', order: '100', disable: false, position: 0 },
          1: { uid: 1, key: 'sea, tide', content: 'Cold.', order: 1, disable: true, position: 4 },
        },
      }),
    ),
  },
  {
    title: 'V3 whose lorebook has texts for lists and numbers',
    file: json(
      withBook({
        scan_depth: '4',
        token_budget: '',
        entries: [{ ...entry, keys: 'lamp, light', insertion_order: '5', enabled: 'true' }],
      }),
    ),
  },
  {
    title: 'V3 whose lorebook has null fields',
    file: json(
      withBook({
        scan_depth: null,
        entries: [{ keys: ['a'], content: 'b', secondary_keys: null, priority: null, name: null }],
      }),
    ),
  },
  { title: 'V3 with an empty lorebook', file: json(withBook({})) },
  { title: 'JSON with a byte order mark', file: Buffer.concat([Buffer.from('\ufeff'), json(v2)]) },
  {
    title: 'JSON that ends in NUL',
    file: Buffer.concat([json(v2), Buffer.alloc(3)]),
    type: 'application/octet-stream',
  },
  { title: 'JSON of no declared type', file: json(v2), type: 'text/plain' },
  { title: 'a name in other scripts', file: json({ ...v1, name: 'みら 🕯️' }), name: 'みら 🕯️' },
  {
    title: 'NUL and half surrogates',
    file: Buffer.from('{"name":"Mi\\u0000ra\\ud83d","x":{"\\ud800":"\\u0000"}}'),
    name: 'Mira\ufffd',
  },
  { title: 'a PNG with chara', file: png(text('chara', base64(v2))) },
  { title: 'a PNG with ccv3', file: png(text('ccv3', base64(v3))) },
  {
    title: 'a PNG with both, in which ccv3 wins',
    file: png(text('chara', base64({ ...v2, data: { name: 'Old' } })), text('ccv3', base64(v3))),
  },
  { title: 'a PNG with the keyword in capitals', file: png(text('Chara', base64(v2))) },
  { title: 'a PNG with base64 in lines', file: png(text('chara', wrapped(base64(v2)))) },
  { title: 'a PNG with base64 without padding', file: png(text('chara', base64(v2).replace(/=+$/, ''))) },
  { title: 'a PNG with JSON in place of base64', file: png(international('chara', JSON.stringify(v2))) },
  { title: 'a PNG with zTXt', file: png(zipped('chara', base64(v2))) },
  { title: 'a PNG with iTXt', file: png(international('ccv3', base64(v3))) },
  { title: 'a PNG with zipped iTXt', file: png(international('ccv3', base64(v3), true)) },
  { title: 'a PNG with a wrong checksum', file: png(chunk('tEXt', `chara\0${base64(v2)}`, 7)) },
  {
    title: 'a PNG with data after its end',
    file: Buffer.concat([png(text('chara', base64(v2))), Buffer.from('PK and more')]),
  },
  { title: 'a PNG that says it is JSON', file: png(text('chara', base64(v1))), type: 'application/json' },
];

const deep = (levels: number): Json => (levels === 0 ? {} : { a: deep(levels - 1) });

/** Files that are refused, with what the refusal names. */
export const brokenShapes: { title: string; file: Buffer; says: RegExp }[] = [
  { title: 'nothing', file: Buffer.alloc(0), says: /^card: is empty$/ },
  { title: 'half of a JSON text', file: Buffer.from('{"name":"Mi'), says: /^card: is not JSON/ },
  { title: 'JSON with more behind it', file: Buffer.from('{"name":"Mira"} and more'), says: /^card: is not JSON/ },
  { title: 'a list', file: json([v1]), says: /^card: must be an object$/ },
  { title: 'V1 without a name', file: json({ description: 'x' }), says: /^name: is missing$/ },
  { title: 'V2 without a name', file: json({ ...v2, data: { description: 'x' } }), says: /^data\.name: is missing$/ },
  {
    title: 'V2 with a blank name',
    file: json({ ...v2, data: { name: ' \u200b' } }),
    says: /^data\.name: must not be blank$/,
  },
  {
    title: 'V2 whose data is a text',
    file: json({ spec: 'chara_card_v2', data: 'x' }),
    says: /^data: must be an object$/,
  },
  {
    title: 'a description that is a list',
    file: json({ ...v1, description: ['x'] }),
    says: /^description: must be text$/,
  },
  {
    title: 'a persona that is too long',
    file: json({ ...v1, description: 'd'.repeat(200_001) }),
    says: /^description: must have at most/,
  },
  {
    title: 'parts of a persona that are too long together',
    file: json({ ...v2, data: { ...v2.data, description: 'd'.repeat(150_000), scenario: 's'.repeat(60_000) } }),
    says: /^data\.description: must have at most 200000 characters together/,
  },
  {
    title: 'greetings that are a number',
    file: json({ ...v2, data: { ...v2.data, alternate_greetings: 3 } }),
    says: /^data\.alternate_greetings: must be a list of texts$/,
  },
  { title: 'a lorebook that is a text', file: json(withBook('x')), says: /^data\.character_book: must be an object$/ },
  {
    title: 'an entry with a wrong order',
    file: json(withBook({ entries: [entry, { ...entry, insertion_order: 'first' }] })),
    says: /^data\.character_book\.entries\.1\.insertion_order: must be a number$/,
  },
  {
    title: 'too deep a nesting',
    file: json({ ...v1, x: deep(200) }),
    says: /^card: must not be nested deeper than 100 levels$/,
  },
  {
    title: 'too many values',
    file: Buffer.from(`{"name":"a","x":[${'1,'.repeat(300_000)}1]}`),
    says: /too many values/,
  },
  { title: 'a PNG without a card', file: png(text('Comment', 'hello')), says: /^png: the image holds no card/ },
  { title: 'a PNG whose card is not JSON', file: png(text('chara', 'aGVsbG8=')), says: /^chara: is not JSON/ },
  {
    title: 'a PNG that is cut',
    file: png(text('chara', base64(v2))).subarray(0, 300),
    says: /^png: the chunk tEXt is longer than the file$/,
  },
  {
    title: 'a PNG with a text that does not inflate',
    file: png(chunk('zTXt', 'chara\0\0nonsense')),
    says: /^png: the text chara can not be inflated$/,
  },
  {
    title: 'a PNG with a text that inflates without bound',
    file: png(zipped('chara', 'A'.repeat(30_000_000))),
    says: /^png: the text chara is larger than/,
  },
  {
    title: 'a PNG with an incomplete iTXt',
    file: png(chunk('iTXt', 'ccv3\0\0\0en')),
    says: /^png: the text ccv3 is not complete$/,
  },
];
