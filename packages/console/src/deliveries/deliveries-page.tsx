import type { Delivery } from '@housecount/client';
import { Badge, Button, EmptyState, Group, Stack, Text } from '@mantine/core';
import { IconArrowForwardUp, IconMailOff } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { useEndpoints } from '../api/use-endpoints.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import { useQuery } from '../shell/use-query.ts';
import { Waiting } from '../shell/waiting.tsx';
import classes from './deliveries.module.css';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import { type DeliveryFilter, filterNames, filterOf } from './delivery-filter.ts';
import { DeliveryTable } from './delivery-table.tsx';
import { FilterBar } from './filter-bar.tsx';
import { GivenUpPanel } from './given-up-panel.tsx';
import { RedeliverDialog, type Selection } from './redeliver-dialog.tsx';
import { RedeliveryStand } from './redelivery-stand.tsx';
import { keyOf, useSearch } from './use-search.ts';

/** Which notices of an app went where, what came of them, and a way to send them again. */
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
        <Panel
          title="Delivering again"
          aside={
            <Button size="xs" variant="subtle" onClick={() => change({ redelivery: undefined })}>
              Hide
            </Button>
          }
        >
          <RedeliveryStand key={redelivery} app={app} id={redelivery} ended={changed} />
        </Panel>
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
      {search.rows === undefined ? (
        search.error === undefined && <Waiting height={300} />
      ) : (
        <>
          <Group justify="space-between" mih={30}>
            <Group gap="sm">
              <Text size="sm" c="dimmed" role="status" aria-label="Found">
                {search.rows.length === 0
                  ? 'None found'
                  : `${search.rows.length.toLocaleString()}${search.hasMore ? ', and older ones' : ''}`}
              </Text>
              {search.newer === undefined ? (
                <Badge variant="dot" color={search.error === undefined ? 'teal' : 'gray'}>
                  live
                </Badge>
              ) : (
                <Button size="compact-xs" variant="default" onClick={search.refresh}>
                  {search.newer === 0 ? 'Back to the newest' : `Show ${search.newer} newer`}
                </Button>
              )}
            </Group>
            {endpoints.list !== undefined && endpoints.list.length > 0 && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconArrowForwardUp size={16} />}
                onClick={() => setAsking({ selection: 'filter' })}
              >
                Deliver again…
              </Button>
            )}
          </Group>
          <div className={classes.frame}>
            {search.rows.length > 0 ? (
              <DeliveryTable
                deliveries={search.rows}
                opened={opened && keyOf(opened)}
                endpointName={endpoints.nameOf}
                open={open}
              />
            ) : (
              <NoneFound
                app={app}
                filter={filter}
                hasMore={search.hasMore}
                hasEndpoints={endpoints.list?.length !== 0}
              />
            )}
          </div>
          {search.moreError !== undefined && (
            <Failure what="Older ones cannot be read" error={search.moreError} retry={search.more} />
          )}
          {search.hasMore && (
            <Group justify="center">
              <Button variant="default" loading={search.busy} onClick={search.more}>
                {search.rows.length === 0 ? 'Look further back' : 'More'}
              </Button>
            </Group>
          )}
        </>
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

const nothing = Object.fromEntries(filterNames.map((name) => [name, undefined]));

function NoneFound({
  app,
  filter,
  hasMore,
  hasEndpoints,
}: {
  app: string;
  filter: DeliveryFilter;
  hasMore: boolean;
  hasEndpoints: boolean;
}) {
  if (hasMore)
    return (
      <EmptyState
        p="xl"
        icon={<IconMailOff />}
        title="None among the newest"
        description="What you look for is rare, or older: look further back, or name a time."
      />
    );
  if (Object.keys(filter).length > 0)
    return (
      <EmptyState
        p="xl"
        icon={<IconMailOff />}
        title="No delivery fits this filter"
        description={
          filter.uid === undefined
            ? 'Deliveries of the last 30 days are kept.'
            : `Digits are a uid. For a member with the account ${filter.uid}, write it in quotes: "${filter.uid}".`
        }
      />
    );
  return (
    <EmptyState
      p="xl"
      icon={<IconMailOff />}
      title="Nothing has been delivered yet"
      description={
        hasEndpoints
          ? 'Each notice that is sent to an endpoint is listed here, with every attempt.'
          : 'Notices are delivered to endpoints, and this app has none.'
      }
    >
      {!hasEndpoints && (
        <EmptyState.Actions>
          <Button component={RouteLink} href={`/endpoints?app=${app}`}>
            Go to the endpoints
          </Button>
        </EmptyState.Actions>
      )}
    </EmptyState>
  );
}
