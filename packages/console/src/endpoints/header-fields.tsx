import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { HeaderDraft } from './endpoint-draft.ts';

/** The server refuses more headers than this. */
const headersMax = 20;

/** Headers that go with every request. Values that were set once are not shown, and stay unless all are set anew. */
export function HeaderFields({
  headers,
  had,
  problem,
  change,
}: {
  headers: readonly HeaderDraft[] | undefined;
  /** Names of those that it has. */
  had: readonly string[];
  problem: string | undefined;
  change: (headers: readonly HeaderDraft[] | undefined) => void;
}) {
  const put = (at: number, header: HeaderDraft) =>
    change(headers?.map((before, index) => (index === at ? header : before)));
  return (
    <Input.Wrapper
      component="fieldset"
      label="Headers"
      labelElement="div"
      description="Sent with every request, beside those that Housecount sets."
      error={problem}
      p={0}
      m={0}
      bd={0}
    >
      {headers === undefined ? (
        <Group gap="xs" mt={6}>
          <Text size="sm">{had.join(', ')}: the values are not shown, and stay.</Text>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => change(had.map((name) => ({ name, value: '' })))}
          >
            Set them anew
          </Button>
        </Group>
      ) : (
        <Stack gap={8} mt={6}>
          {headers.map((header, index) => (
            <Group
              // Rows have no name of their own: a row is its place.
              // biome-ignore lint/suspicious/noArrayIndexKey: as said above.
              key={index}
              gap={8}
              wrap="nowrap"
            >
              <TextInput
                aria-label={`Name of header ${index + 1}`}
                placeholder="X-Key"
                value={header.name}
                onChange={(event) => put(index, { ...header, name: event.currentTarget.value })}
                maxLength={64}
                flex="2 1 0"
              />
              <TextInput
                aria-label={`Value of header ${index + 1}`}
                placeholder="value"
                value={header.value}
                onChange={(event) => put(index, { ...header, value: event.currentTarget.value })}
                maxLength={1024}
                autoComplete="off"
                flex="3 1 0"
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove header ${index + 1}`}
                onClick={() => change(headers.filter((_, each) => each !== index))}
              >
                <IconX size={16} />
              </ActionIcon>
            </Group>
          ))}
          <Group gap="xs">
            {headers.length < headersMax && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconPlus size={14} />}
                onClick={() => change([...headers, { name: '', value: '' }])}
              >
                Add a header
              </Button>
            )}
            {had.length > 0 && (
              <Button size="compact-sm" variant="subtle" onClick={() => change(undefined)}>
                Keep those it has
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Input.Wrapper>
  );
}
