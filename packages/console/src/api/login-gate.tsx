import { ApiError } from '@housecount/client';
import {
  Alert,
  Anchor,
  Button,
  Center,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { RouteLink } from '../shell/router.tsx';
import { useSession } from './session.tsx';

/** Shows the page to whoever may see it, and the login form to everyone else. */
export function LoginGate({ children }: { children: ReactNode }) {
  const { loginNeeded } = useSession();
  return loginNeeded ? <LoginForm /> : children;
}

function LoginForm() {
  const { development, logIn } = useSession();
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await logIn(id, secret);
    } catch (cause) {
      setError(
        cause instanceof ApiError && cause.status === 401
          ? 'This id and secret do not match.'
          : cause instanceof Error
            ? cause.message
            : String(cause),
      );
      setBusy(false);
    }
  };

  return (
    <Center mih="60vh">
      <Paper component="form" withBorder p="lg" w="100%" maw={400} bg="var(--page-surface)" onSubmit={submit}>
        <Stack>
          <div>
            <Title order={1} size="h3">
              Log in
            </Title>
            <Text size="sm" c="dimmed">
              With the id and secret of a customer from the server’s configuration.
              {development && (
                <>
                  {' '}
                  In development mode only the computer that runs the server gets in without; from here you
                  can use the{' '}
                  <Anchor component={RouteLink} href="/demo" size="sm">
                    demo room
                  </Anchor>
                  .
                </>
              )}
            </Text>
          </div>
          {error !== undefined && (
            <Alert color="red" icon={<IconLock size={18} />} role="alert">
              {error}
            </Alert>
          )}
          <TextInput
            label="Customer id"
            autoComplete="username"
            required
            value={id}
            onChange={(event) => setId(event.currentTarget.value)}
          />
          <PasswordInput
            label="Secret"
            autoComplete="current-password"
            required
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
          <Button type="submit" loading={busy}>
            Log in
          </Button>
        </Stack>
      </Paper>
    </Center>
  );
}
