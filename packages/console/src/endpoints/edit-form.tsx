import type { Endpoint } from '@housecount/client';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { changesOf, draftOf } from './endpoint-draft.ts';
import { SettingsForm } from './settings-form.tsx';

/** Changes the settings of an endpoint. */
export function EditForm({ endpoint, close }: { endpoint: Endpoint; close: () => void }) {
  // The endpoint as it was when the form was opened: only fields that differ from it are sent.
  const [before] = useState(endpoint);
  return (
    <SettingsForm
      label="Settings"
      initially={draftOf(before)}
      headerNames={before.headerNames}
      hint="A change holds from the next attempt on, also for notices that wait to be tried again."
      action="Save"
      failure="Nothing was changed"
      submit={async (draft) => {
        const changes = changesOf(before, draft);
        const { app, endpointId: id } = before;
        if (Object.keys(changes).length > 0) await api.call('changeEndpoint', { app, id, body: changes });
        close();
      }}
      close={close}
    />
  );
}
