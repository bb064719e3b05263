import { type Signal, signal } from '@preact/signals';
import { characters, saveCharacter } from '../data/characters.js';
import { t } from '../strings/strings.js';
import { bind, patch, SelectField, TextField } from './fields.js';

/** A participant. `id`: a character's, `new` for one that is created with the chat, or empty for none. */
type Participant = { id: string; name: string; persona: string; greeting: string };

const noParticipant: Participant = { id: '', name: '', persona: '', greeting: '' };
const host = signal(noParticipant);
const guest = signal(noParticipant);
const scene = signal({ container: '' });

export function resetNarrativeForm(): void {
  host.value = noParticipant;
  guest.value = noParticipant;
  scene.value = { container: '' };
}

/** By default the first character, or a new one where there is none. */
const hostId = () => host.value.id || (characters.value[0]?.id ?? 'new');

/** The guest can't be the host. */
const guestId = () => (guest.value.id !== 'new' && guest.value.id === hostId() ? '' : guest.value.id);

export function NarrativeFields() {
  const others = characters.value.filter(({ id }) => id !== hostId() || id === 'new');
  return (
    <>
      <ParticipantFields
        label={t().newChat.character}
        fields={host}
        id={hostId()}
        options={characters.value.map(({ id, name }) => [id, name] as const)}
      />
      <ParticipantFields
        label={t().newChat.guest}
        fields={guest}
        id={guestId()}
        options={[['', t().common.none] as const, ...others.map(({ id, name }) => [id, name] as const)]}
      />
      <TextField
        label={t().newChat.scene}
        max={1_000}
        {...bind(scene, 'container')}
        placeholder={t().newChat.sceneExample}
        hint={t().newChat.sceneHint}
      />
    </>
  );
}

type ParticipantFieldsProps = {
  label: string;
  fields: Signal<Participant>;
  id: string;
  options: readonly (readonly [string, string])[];
};

function ParticipantFields({ label, fields, id, options }: ParticipantFieldsProps) {
  return (
    <fieldset class="group">
      <legend class="hidden">{label}</legend>
      <SelectField
        label={label}
        value={id}
        onChange={(chosen) => patch(fields, { id: chosen })}
        options={[...options, ['new', t().newChat.newCharacter]]}
      />
      {id === 'new' ? (
        <>
          <TextField label={t().forms.name} required max={200} {...bind(fields, 'name')} />
          <TextField label={t().forms.persona} rows={4} {...bind(fields, 'persona')} hint={t().forms.personaHint} />
          <TextField label={t().forms.greeting} rows={2} {...bind(fields, 'greeting')} />
        </>
      ) : null}
    </fieldset>
  );
}

export async function narrativeRequestBody(): Promise<object> {
  const body = {
    hostId: await ensureCharacter(host, hostId()),
    guestId: guestId() === '' ? null : await ensureCharacter(guest, guestId()),
  };
  const container = scene.peek().container.trim();
  return container === '' ? body : { ...body, scene: { container } };
}

/** The id of the participant's character. Creates a new one, and selects it, so that submitting again creates no other. */
async function ensureCharacter(fields: Signal<Participant>, id: string): Promise<string> {
  if (id !== 'new') return id;
  const { name, persona, greeting } = fields.peek();
  const saved = await saveCharacter(null, { name, persona, greeting: greeting === '' ? null : greeting });
  fields.value = { ...noParticipant, id: saved.id };
  return saved.id;
}
