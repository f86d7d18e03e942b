import { Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { QRCodeSVG } from 'qrcode.react';
import { serverAddress } from '../../shell/base.ts';
import { CopyWords } from '../../shell/copy-button.tsx';

/** An invitation for others: a link and its QR code. */
export function SharePanel({
  channel,
  opened,
  close,
}: {
  channel: string;
  opened: boolean;
  close: () => void;
}) {
  const link = watchLink(channel);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(window.location.hostname);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<strong>Invite viewers</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md" align="center">
        <div style={{ background: '#fff', padding: 12, borderRadius: 12, lineHeight: 0 }}>
          <QRCodeSVG value={link} size={208} marginSize={0} title={`QR code of ${link}`} />
        </div>
        <Group w="100%" gap="xs" align="end" wrap="nowrap">
          <TextInput
            label="Link to watch"
            value={link}
            readOnly
            flex={1}
            miw={0}
            onFocus={(event) => event.currentTarget.select()}
          />
          <CopyWords value={link} label="Copy" size="sm" />
        </Group>
        {local && (
          <Text size="sm" c="dimmed">
            This address works on this computer only. For phones on your network, start the server with --lan.
          </Text>
        )}
      </Stack>
    </Modal>
  );
}

/** The address that brings someone straight to watching `channel`. */
export function watchLink(channel: string): string {
  const link = new URL(`${serverAddress()}/demo`);
  link.searchParams.set('channel', channel);
  link.searchParams.set('watch', '1');
  return link.href;
}
