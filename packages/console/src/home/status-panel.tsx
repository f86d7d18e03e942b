import { Badge, Group, Text } from '@mantine/core';
import { api } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { usePoll } from '../api/use-poll.ts';
import { serverAddress } from '../shell/base.ts';
import { Panel } from '../shell/panel.tsx';

const statusEveryMs = 5_000;

/** The rights of a login that may not do everything, in words. */
const roleWords = { read: 'looking on', operate: 'all but endpoints' } as const;

/** The readiness of the server, as /readyz reports it. */
export function StatusPanel() {
  const { development, customer, role, names, logOut } = useSession();
  const ready = usePoll(
    'readyz',
    (signal) => api.send({ method: 'GET', path: '/readyz', body: undefined }, { signal }).then(() => true),
    statusEveryMs,
  );
  const [color, words] =
    ready.error !== undefined
      ? (['red', 'not ready'] as const)
      : ready.value
        ? (['teal', 'ready'] as const)
        : (['gray', 'asking…'] as const);
  return (
    <Panel
      title="Server"
      aside={
        <Badge color={color} variant="light" size="lg" role="status">
          {words}
        </Badge>
      }
    >
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">
          {serverAddress()}
          {development && ' · development mode'}
          {role !== undefined && role !== 'admin' && ` · ${roleWords[role]}`}
          {names === false && ' · without names'}
        </Text>
        {customer !== undefined && (
          <Text
            component="button"
            type="button"
            size="sm"
            td="underline"
            onClick={logOut}
            style={{ background: 'none', border: 0, cursor: 'pointer', color: 'inherit' }}
          >
            Log out {customer}
          </Text>
        )}
      </Group>
    </Panel>
  );
}
