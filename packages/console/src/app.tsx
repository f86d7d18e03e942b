import { Button, EmptyState } from '@mantine/core';
import { IconEyeOff, IconMapQuestion } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { LoginGate } from './api/login-gate.tsx';
import { SessionProvider, useSession } from './api/session.tsx';
import { HomePage } from './home/home-page.tsx';
import { PageFrame } from './shell/page-frame.tsx';
import { RouteLink, useAddress } from './shell/router.tsx';
import { Waiting } from './shell/waiting.tsx';

const DemoPage = lazy(async () => ({ default: (await import('./demo/demo-page.tsx')).DemoPage }));
const InspectorPage = lazy(async () => ({
  default: (await import('./inspector/inspector-page.tsx')).InspectorPage,
}));
const EndpointsPage = lazy(async () => ({
  default: (await import('./endpoints/endpoints-page.tsx')).EndpointsPage,
}));
const DeliveriesPage = lazy(async () => ({
  default: (await import('./deliveries/deliveries-page.tsx')).DeliveriesPage,
}));
const ChannelPage = lazy(async () => ({ default: (await import('./channel/channel-page.tsx')).ChannelPage }));

/** The console: the frame, and the page that the address names. */
export function App() {
  const address = useAddress().pathname;
  const pathname = address.length > 1 && address.endsWith('/') ? address.slice(0, -1) : address;
  return (
    <PageFrame>
      <SessionProvider>
        <Suspense fallback={<Waiting />}>
          {/* The demo is open to whoever can get a demo token; the server decides. */}
          {pathname === '/demo' ? <DemoPage /> : <LoginGate>{pageOf(pathname)}</LoginGate>}
        </Suspense>
      </SessionProvider>
    </PageFrame>
  );
}

function pageOf(pathname: string): ReactNode {
  if (pathname === '/') return <HomePage />;
  if (pathname === '/inspector')
    return (
      <WithNames>
        <InspectorPage />
      </WithNames>
    );
  if (pathname === '/endpoints') return <EndpointsPage />;
  if (pathname === '/deliveries') return <DeliveriesPage />;
  const [, app, channel] = /^\/channels\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
  if (app !== undefined && channel !== undefined) {
    const name = decoded(channel);
    if (name !== undefined) return <ChannelPage key={pathname} app={app} channel={name} />;
  }
  return <NoSuchPage />;
}

/** A page that is about notices as they are sent, and these name people. */
function WithNames({ children }: { children: ReactNode }) {
  const { names } = useSession();
  if (names !== false) return children;
  return (
    <EmptyState
      mt="xl"
      icon={<IconEyeOff />}
      title="This login is not told who people are"
      description="Notices name them. Counts and times are on the pages of the channels."
    />
  );
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function NoSuchPage() {
  return (
    <EmptyState
      mt="xl"
      icon={<IconMapQuestion />}
      title="There is no such page"
      description="The address may be mistyped."
    >
      <EmptyState.Actions>
        <Button component={RouteLink} href="/">
          Go home
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}
