import type { Delivery } from '@housecount/client';
import { Button, Stack } from '@mantine/core';
import { useCallback, useState } from 'react';
import { useEndpoints } from '../api/use-endpoints.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { useQuery } from '../shell/use-query.ts';
import { Waiting } from '../shell/waiting.tsx';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import { filterNames, filterOf } from './delivery-filter.ts';
import { FilterBar } from './filter-bar.tsx';
import { FoundDeliveries } from './found-deliveries.tsx';
import { GivenUpPanel } from './given-up-panel.tsx';
import { RedeliverDialog, type Selection } from './redeliver-dialog.tsx';
import { RedeliveryStand } from './redelivery-stand.tsx';
import { keyOf, useSearch } from './use-search.ts';

/** The deliveries of an app, with their endpoints and outcomes, and a way to send them again. */
export function DeliveriesPage() {
  return (
    <AppPage title="Deliveries" about="Which notices went where, and what came of each attempt.">
      {(app) => <Deliveries key={app} app={app} />}
    </AppPage>
  );
}

function Deliveries({ app }: { app: string }) {
  const [query, change] = useQuery();
  const filter = filterOf(query);
  const endpoints = useEndpoints(app);
  const search = useSearch(app, filter);
  const [asking, setAsking] = useState<{ endpoint?: string; selection: Selection }>();
  const [round, setRound] = useState(0);

  const noticeId = query.get('notice');
  const at = query.get('at');
  const opened = noticeId !== null && at !== null ? { noticeId, endpoint: at } : undefined;
  const redelivery = query.get('redelivery');
  const changed = () => {
    search.refresh();
    setRound((before) => before + 1);
  };
  const open = useCallback(
    (delivery: Delivery) => change({ notice: delivery.noticeId, at: delivery.endpoint }),
    [change],
  );

  return (
    <Stack gap="md">
      {redelivery !== null && (
        <Redelivering
          app={app}
          id={redelivery}
          ended={changed}
          hide={() => change({ redelivery: undefined })}
        />
      )}
      {endpoints.list === undefined && endpoints.error !== undefined && (
        <Failure what="The endpoints cannot be read" error={endpoints.error} />
      )}
      {endpoints.list && (
        <GivenUpPanel
          app={app}
          endpoints={endpoints.list}
          round={round}
          show={(endpoint) => change({ ...nothing, endpoint, status: 'given-up' })}
          deliverAgain={(endpoint) => setAsking({ endpoint, selection: 'given-up' })}
        />
      )}
      <FilterBar filter={filter} endpoints={endpoints} change={change} />
      {search.error !== undefined && (
        <Failure what="The deliveries cannot be searched" error={search.error} retry={search.refresh} />
      )}
      {search.rows === undefined && search.error === undefined && <Waiting height={300} />}
      {search.rows !== undefined && (
        <FoundDeliveries
          app={app}
          filter={filter}
          endpoints={endpoints}
          search={search}
          rows={search.rows}
          opened={opened && keyOf(opened)}
          open={open}
          deliverAgain={() => setAsking({ selection: 'filter' })}
        />
      )}
      {asking && (
        <RedeliverDialog
          app={app}
          filter={filter}
          endpoints={endpoints}
          initially={asking}
          begun={(id) => {
            setAsking(undefined);
            change({ redelivery: id });
          }}
          close={() => setAsking(undefined)}
        />
      )}
      <DeliveryDrawer
        app={app}
        opened={opened}
        endpoints={endpoints}
        changed={changed}
        close={() => change({ notice: undefined, at: undefined })}
      />
    </Stack>
  );
}

function Redelivering({
  app,
  id,
  ended,
  hide,
}: {
  app: string;
  id: string;
  ended: () => void;
  hide: () => void;
}) {
  return (
    <Panel
      title="Delivering again"
      aside={
        <Button size="xs" variant="subtle" onClick={hide}>
          Hide
        </Button>
      }
    >
      <RedeliveryStand key={id} app={app} id={id} ended={ended} />
    </Panel>
  );
}

const nothing = Object.fromEntries(filterNames.map((name) => [name, undefined]));
