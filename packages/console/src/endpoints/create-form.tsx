import { sendJson } from '../api/client.ts';
import type { SecretShown } from '../api/shapes.ts';
import { Panel } from '../shell/panel.tsx';
import { bodyOf, emptyDraft } from './endpoint-draft.ts';
import { SettingsForm } from './settings-form.tsx';

/** Makes an endpoint, which is not enabled yet. */
export function CreateForm({
  path,
  made,
  close,
}: {
  path: string;
  made: (shown: SecretShown) => void;
  close: () => void;
}) {
  return (
    <Panel title="New endpoint">
      <SettingsForm
        label="New endpoint"
        initially={emptyDraft}
        hint="Every notice is signed with a secret that is shown to you next."
        action="Create"
        failure="The endpoint was not made"
        submit={async (draft) => made(await sendJson<SecretShown>('POST', path, bodyOf(draft)))}
        close={close}
      />
    </Panel>
  );
}
