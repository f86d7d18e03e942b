import type { EndpointSecretShown } from '@housecount/client';
import { api } from '../api/client.ts';
import { Panel } from '../shell/panel.tsx';
import { bodyOf, emptyDraft } from './endpoint-draft.ts';
import { SettingsForm } from './settings-form.tsx';

/** Makes an endpoint, which is not enabled yet. */
export function CreateForm({
  app,
  made,
  close,
}: {
  app: string;
  made: (shown: EndpointSecretShown) => void;
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
        submit={async (draft) => made(await api.call('createEndpoint', { app, body: bodyOf(draft) }))}
        close={close}
      />
    </Panel>
  );
}
