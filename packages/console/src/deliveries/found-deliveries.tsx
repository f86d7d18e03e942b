import type { Delivery } from '@housecount/client';
import { Badge, Button, EmptyState, Group, Text } from '@mantine/core';
import { IconArrowForwardUp, IconMailOff } from '@tabler/icons-react';
import type { Endpoints } from '../api/use-endpoints.ts';
import { Failure } from '../shell/failure.tsx';
import { RouteLink } from '../shell/router.tsx';
import classes from './deliveries.module.css';
import type { DeliveryFilter } from './delivery-filter.ts';
import { DeliveryTable } from './delivery-table.tsx';
import type { Search } from './use-search.ts';

/** The result of a search: its size, whether newer deliveries have come since, the rows themselves, and the way to older ones. */
export function FoundDeliveries({
  app,
  filter,
  endpoints,
  search,
  rows,
  opened,
  open,
  deliverAgain,
}: {
  app: string;
  filter: DeliveryFilter;
  endpoints: Endpoints;
  search: Search;
  rows: readonly Delivery[];
  /** Key of the delivery that is shown beside the list. */
  opened: string | undefined;
  open: (delivery: Delivery) => void;
  deliverAgain: () => void;
}) {
  return (
    <>
      <Group justify="space-between" mih={30}>
        <Group gap="sm">
          <Text size="sm" c="dimmed" role="status" aria-label="Found">
            {rows.length === 0
              ? 'None found'
              : `${rows.length.toLocaleString()}${search.hasMore ? ', and older ones' : ''}`}
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
            onClick={deliverAgain}
          >
            Deliver again…
          </Button>
        )}
      </Group>
      <div className={classes.frame}>
        {rows.length > 0 ? (
          <DeliveryTable deliveries={rows} opened={opened} endpointName={endpoints.nameOf} open={open} />
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
            {rows.length === 0 ? 'Look further back' : 'More'}
          </Button>
        </Group>
      )}
    </>
  );
}

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
