import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';

const order = ['auto', 'light', 'dark'] as const;
const words = { auto: 'as the system', light: 'light', dark: 'dark' } as const;
const icons = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const;

/** Goes round the three colour schemes: as the system, light, dark. The choice is kept in this browser. */
export function ColorSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] ?? 'auto';
  const Icon = icons[colorScheme];
  const label = `Colours: ${words[colorScheme]}. Change to ${words[next]}.`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(next)}
      >
        <Icon size={20} />
      </ActionIcon>
    </Tooltip>
  );
}
