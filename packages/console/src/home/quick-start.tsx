import type { AppSummary } from '@housecount/client';
import { Tabs, Text } from '@mantine/core';
import { useSession } from '../api/session.tsx';
import { serverAddress } from '../shell/base.ts';
import { CodeBlock } from '../shell/code-block.tsx';
import { Panel } from '../shell/panel.tsx';

/** Four first steps, each to be copied whole. */
export function QuickStart({ app }: { app: AppSummary | undefined }) {
  const id = app?.id ?? 'APP_ID';
  const certificate = app?.certificate ?? 'CERTIFICATE';
  const origin = serverAddress();
  const { customer } = useSession();
  const login = customer === undefined ? '' : ` --customer ${customer}:SECRET`;
  const steps = [
    {
      value: 'sdk',
      title: 'Join',
      words:
        'In the browser, with the SDK. The same code as with agora-rtc-sdk-ng, and the audience by name.',
      code: `import AgoraRTC from '@housecount/rtc';

AgoraRTC.setParameter('HOUSECOUNT_URL', '${origin}');
const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
client.on('audience-joined', ({ uid }) => console.log(uid, 'joined'));
client.on('audience-left', ({ uid }, reason) => console.log(uid, 'left', reason));

// The token is what this prints: npx housecount token --app ${id} \\
//   --certificate ${certificate} --channel demo --account ann
await client.join('${id}', 'demo', token, 'ann');
const roster = await client.roster();
console.log(roster.audienceCount, [...roster.members.keys()]);`,
    },
    {
      value: 'webhook',
      title: 'Verify a webhook',
      words: 'In your backend: check the signature over the raw body, then read it.',
      code: `import { parseNotices, verify } from '@housecount/webhook';

export async function POST(request: Request) {
  const body = await request.text();
  if (!(await verify(body, request.headers, 'my-secret')))
    return new Response('wrong signature', { status: 401 });
  for (const { eventType, seq, count, payload } of parseNotices(body))
    console.log(eventType, payload.channelName, payload.uid, { seq, count });
  return Response.json({});
}`,
    },
    {
      value: 'simulate',
      title: 'Simulate viewers',
      words: 'Fifty viewers without media, from your terminal: two a second leave, and others come.',
      code: `npx housecount simulate --url ${origin} \\
  --app ${id} --certificate ${certificate} \\
  --channel demo --audience 50 --churn 2/s --for 60s`,
    },
    {
      value: 'listen',
      title: 'Listen',
      words: 'Every notice in your terminal, and passed on to a backend on this machine.',
      code: `npx housecount listen --url ${origin} --app ${id}${login} \\
  --forward http://127.0.0.1:3000/ncsNotify --secret my-secret`,
    },
  ];
  return (
    <Panel title="Quick start">
      <Tabs defaultValue="sdk" keepMounted={false}>
        <Tabs.List mb="sm">
          {steps.map((step) => (
            <Tabs.Tab key={step.value} value={step.value}>
              {step.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {steps.map((step) => (
          <Tabs.Panel key={step.value} value={step.value} mih={270}>
            <Text size="sm" c="dimmed" mb="xs">
              {step.words}
            </Text>
            <CodeBlock code={step.code} label={step.title} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Panel>
  );
}
