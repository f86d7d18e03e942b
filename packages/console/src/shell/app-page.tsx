import { Group, Select, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { api } from '../api/client.ts';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from './failure.tsx';
import { navigate, useAddress } from './router.tsx';
import { Waiting } from './waiting.tsx';

const appsEveryMs = 30_000;

/**
 * A page about one app: its heading, the choice of the app where there are several, and what `children` makes of it.
 * The app is in the address (`?app=`), so that a link leads to the same one; without it, it is the first.
 */
export function AppPage({
  title,
  about,
  children,
}: {
  title: string;
  about: string;
  children: (app: string) => ReactNode;
}) {
  useDocumentTitle(`${title} · Housecount`);
  const { pathname, searchParams } = useAddress();
  const { value, error, again } = usePoll(
    'apps',
    (signal) => api.call('listApps', {}, { signal }),
    appsEveryMs,
  );
  const ids = value?.apps.map(({ id }) => id);
  const asked = searchParams.get('app');
  const app = asked === null ? ids?.[0] : ids?.find((id) => id === asked);
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <div>
          <Title order={1} size="h3">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {about}
          </Text>
        </div>
        {ids !== undefined && (ids.length > 1 || (asked !== null && app === undefined)) && (
          <Select
            aria-label="App"
            placeholder="Choose an app"
            data={ids}
            value={app ?? null}
            // The other parameters of the address belong to the app that was chosen before, so they are dropped.
            onChange={(chosen) => chosen !== null && navigate(`${pathname}?app=${chosen}`)}
            allowDeselect={false}
            w={340}
            maw="100%"
          />
        )}
      </Group>
      {app !== undefined ? (
        children(app)
      ) : error !== undefined ? (
        <Failure what="The list of apps cannot be read" error={error} retry={again} />
      ) : ids === undefined ? (
        <Waiting />
      ) : asked === null ? (
        <Text>The configuration names no app.</Text>
      ) : (
        <Text>This server has no app {asked}.</Text>
      )}
    </Stack>
  );
}
