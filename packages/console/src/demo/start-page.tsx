import { isChannelName } from '@housecount/protocol';
import { ActionIcon, Button, Group, Paper, Stack, Text, TextInput, Title, Tooltip } from '@mantine/core';
import { IconBroadcast, IconDice5, IconEye } from '@tabler/icons-react';
import { type FormEvent, type ReactNode, type Ref, useRef, useState } from 'react';
import { friendlyChannel } from '../words/friendly-channel.ts';
import { legalName, nameCharactersMax } from '../words/person.ts';
import { recallName } from './room-memory.ts';

/** The channel of visitors who name none; the commands that the server prints name it, too. */
const usualChannel = 'demo';

export interface Choice {
  readonly name: string;
  readonly channel: string;
  readonly role: 'host' | 'audience';
}

/** Asks who you are, for which channel, and whether you go on stage or watch. */
export function StartPage({
  channel: given,
  watching,
  choose,
}: {
  channel: string | null;
  /** The address is an invitation to watch: that is then the first button. */
  watching: boolean;
  choose: (choice: Choice) => void;
}) {
  const [name, setName] = useState(recallName);
  const [channel, setChannel] = useState(given ?? usualChannel);
  const [tried, setTried] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const channelInput = useRef<HTMLInputElement>(null);
  const shown = legalName(name);
  const ready = shown !== '' && isChannelName(channel);

  const enter = (role: Choice['role']) => {
    setTried(true);
    if (ready) choose({ name: shown, channel, role });
    else (shown === '' ? nameInput : channelInput).current?.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter(watching ? 'audience' : 'host');
  };
  const goLive = (
    <EnterButton first={!watching} icon={<IconBroadcast size={20} />} enter={() => enter('host')}>
      Go live
    </EnterButton>
  );
  const watch = (
    <EnterButton first={watching} icon={<IconEye size={20} />} enter={() => enter('audience')}>
      Watch
    </EnterButton>
  );

  return (
    <Paper
      component="form"
      withBorder
      p={{ base: 'md', sm: 'xl' }}
      maw={520}
      mx="auto"
      mt={{ base: 'sm', sm: 'xl' }}
      bg="var(--page-surface)"
      style={{ borderColor: 'var(--page-line)' }}
      noValidate
      onSubmit={submit}
    >
      <Stack gap="md">
        <div>
          <Title order={1} size="h3">
            {watching && given !== null ? `Watch ${given}` : 'Demo live room'}
          </Title>
          <Text size="sm" c="dimmed">
            {watching
              ? 'Say who you are, and you are in. The host sees your name at once.'
              : 'Go live, share the link, and see by name who watches. Or watch a channel that is live.'}
          </Text>
        </div>
        <NameField ref={nameInput} name={name} tried={tried} change={setName} />
        <ChannelField ref={channelInput} channel={channel} tried={tried} change={setChannel} />
        <Group grow preventGrowOverflow={false}>
          {watching ? watch : goLive}
          {watching ? goLive : watch}
        </Group>
      </Stack>
    </Paper>
  );
}

interface FieldProps {
  ref: Ref<HTMLInputElement>;
  /** True once the visitor tried to enter, so that missing fields are pointed out. */
  tried: boolean;
  change: (value: string) => void;
}

function NameField({ ref, name, tried, change }: FieldProps & { name: string }) {
  const shown = legalName(name);
  return (
    <TextInput
      ref={ref}
      label="Your name"
      error={tried && shown === '' && 'Say who you are first.'}
      placeholder="Ann"
      required
      autoFocus
      autoComplete="given-name"
      maxLength={nameCharactersMax}
      value={name}
      onChange={(event) => change(event.currentTarget.value)}
      description={
        shown !== name.trim() && name.trim() !== ''
          ? shown === ''
            ? 'Names here are made of Latin letters, digits and simple signs.'
            : `Others will see: ${shown}`
          : 'Others in the channel see it.'
      }
    />
  );
}

function ChannelField({ ref, channel, tried, change }: FieldProps & { channel: string }) {
  return (
    <TextInput
      ref={ref}
      label="Channel"
      placeholder={usualChannel}
      required
      autoComplete="off"
      maxLength={64}
      value={channel}
      onChange={(event) => change(event.currentTarget.value)}
      error={
        channel !== '' && !isChannelName(channel)
          ? 'Letters, digits, spaces and simple signs only.'
          : tried && channel === '' && 'Name the channel to enter.'
      }
      rightSection={
        <Tooltip label="Another random name">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Another random channel name"
            onClick={() => change(friendlyChannel())}
          >
            <IconDice5 size={18} />
          </ActionIcon>
        </Tooltip>
      }
    />
  );
}

/** The first of both buttons is that of the Enter key. */
function EnterButton({
  first,
  icon,
  enter,
  children,
}: {
  first: boolean;
  icon: ReactNode;
  enter: () => void;
  children: ReactNode;
}) {
  return (
    <Button
      type={first ? 'submit' : 'button'}
      variant={first ? 'filled' : 'default'}
      size="md"
      leftSection={icon}
      onClick={first ? undefined : enter}
    >
      {children}
    </Button>
  );
}
