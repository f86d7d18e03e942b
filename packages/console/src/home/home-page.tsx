import { Button, Stack } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconBroadcast, IconEye, IconListSearch } from '@tabler/icons-react';
import { api } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from '../shell/failure.tsx';
import { RouteLink } from '../shell/router.tsx';
import { AppPanel } from './app-panel.tsx';
import { ChannelsPanel } from './channels-panel.tsx';
import classes from './home.module.css';
import { QuickStart } from './quick-start.tsx';
import { StatusPanel } from './status-panel.tsx';

/** Apps change with the configuration only, so they are asked for rarely. */
const appsEveryMs = 30_000;

/** The way in: what this is, three things to do, and what is live now. */
export function HomePage() {
  useDocumentTitle('Housecount');
  const { development } = useSession();
  const apps = usePoll('apps', (signal) => api.call('listApps', {}, { signal }), appsEveryMs);
  return (
    <Stack gap="md">
      <section className={classes.hero} aria-labelledby="home-title">
        <h1 id="home-title" className={classes.title}>
          Know exactly who is in your audience.
        </h1>
        <p className={classes.lead}>
          Housecount is a live-streaming server that tells your page and your backend, by name, everyone who
          joins and leaves. Nothing to add on the viewer’s side.
        </p>
        <div className={classes.actions}>
          {development && (
            <>
              <Button
                component={RouteLink}
                href="/demo"
                size="md"
                color="yellow.4"
                c="dark.9"
                leftSection={<IconBroadcast size={20} />}
              >
                Go live
              </Button>
              <Button
                component={RouteLink}
                href="/demo?watch=1"
                size="md"
                variant="white"
                color="house.8"
                leftSection={<IconEye size={20} />}
              >
                Watch
              </Button>
            </>
          )}
          <Button
            component={RouteLink}
            href="/inspector"
            size="md"
            variant="outline"
            color="white"
            leftSection={<IconListSearch size={20} />}
          >
            Notice inspector
          </Button>
        </div>
      </section>
      {apps.error !== undefined && (
        <Failure what="The list of apps cannot be read" error={apps.error} retry={apps.again} />
      )}
      <div className={classes.columns}>
        <Stack gap="md" miw={0}>
          <ChannelsPanel apps={apps.value?.apps} />
          <QuickStart app={apps.value?.apps[0]} />
        </Stack>
        <Stack gap="md" miw={0}>
          <StatusPanel />
          <AppPanel apps={apps.value?.apps} />
        </Stack>
      </div>
    </Stack>
  );
}
