import { type Signal, signal } from '@preact/signals';
import { characters, saveCharacter } from '../data/characters.js';
import { bind, patch, SelectField, TextField } from './fields.js';

/** One who takes part: a character that there is, `new` for one that is made with the chat, or nobody. */
type Person = { id: string; name: string; persona: string; greeting: string };

const nobody: Person = { id: '', name: '', persona: '', greeting: '' };
const host = signal(nobody);
const guest = signal(nobody);
const scene = signal({ container: '' });

export function resetNarrativeForm(): void {
  host.value = nobody;
  guest.value = nobody;
  scene.value = { container: '' };
}

/** Where nobody was chosen yet, the host is the first character, or a new one. */
const hostId = () => host.value.id || (characters.value[0]?.id ?? 'new');

/** The host can't be their own guest. */
const guestId = () => (guest.value.id !== 'new' && guest.value.id === hostId() ? '' : guest.value.id);

export function NarrativeFields() {
  const others = characters.value.filter(({ id }) => id !== hostId() || id === 'new');
  return (
    <>
      <PersonFields
        label="Who you talk to"
        fields={host}
        id={hostId()}
        options={characters.value.map(({ id, name }) => [id, name] as const)}
      />
      <PersonFields
        label="Guest"
        fields={guest}
        id={guestId()}
        options={[['', 'Nobody'] as const, ...others.map(({ id, name }) => [id, name] as const)]}
      />
      <TextField
        label="Scene"
        max={1_000}
        {...bind(scene, 'container')}
        placeholder="The kitchen, late at night"
        hint="Where it begins. You can open a scene later too."
      />
    </>
  );
}

type PersonFieldsProps = {
  label: string;
  fields: Signal<Person>;
  id: string;
  options: readonly (readonly [string, string])[];
};

function PersonFields({ label, fields, id, options }: PersonFieldsProps) {
  return (
    <fieldset class="group">
      <legend class="hidden">{label}</legend>
      <SelectField
        label={label}
        value={id}
        onChange={(chosen) => patch(fields, { id: chosen })}
        options={[...options, ['new', 'A new character…']]}
      />
      {id === 'new' ? (
        <>
          <TextField label="Name" required max={200} {...bind(fields, 'name')} />
          <TextField
            label="Persona"
            rows={4}
            {...bind(fields, 'persona')}
            hint="Who they are, how they speak, what they want."
          />
          <TextField label="Greeting" rows={2} {...bind(fields, 'greeting')} />
        </>
      ) : null}
    </fieldset>
  );
}

export async function narrativeRequestBody(): Promise<object> {
  const body = { hostId: await made(host, hostId()), guestId: guestId() === '' ? null : await made(guest, guestId()) };
  const container = scene.peek().container.trim();
  return container === '' ? body : { ...body, scene: { container } };
}

/** A new character is made once, also when the chat is then refused and asked for again. */
async function made(fields: Signal<Person>, id: string): Promise<string> {
  if (id !== 'new') return id;
  const { name, persona, greeting } = fields.peek();
  const saved = await saveCharacter(null, { name, persona, greeting: greeting === '' ? null : greeting });
  fields.value = { ...nobody, id: saved.id };
  return saved.id;
}
