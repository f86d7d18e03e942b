import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** House green: white on shade 7 has a contrast of 6.1, shade 4 on the dark ground 7.6 (WCAG AA asks 4.5). */
const house: MantineColorsTuple = [
  '#e6f7f4',
  '#cdeee8',
  '#9cded2',
  '#67cdbb',
  '#3fbfa9',
  '#1fa893',
  '#12897a',
  '#0b6e66',
  '#08574f',
  '#04403b',
];

/** The look of the console; everything else is Mantine's own. */
export const theme = createTheme({
  primaryColor: 'house',
  primaryShade: { light: 7, dark: 6 },
  colors: { house },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
});

/** Quiet text and tinted badges a shade stronger than the library's own, which miss the contrast of WCAG AA (4.5). */
export const strongerText: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#57605e',
    '--mantine-color-placeholder': '#6a7371',
    '--mantine-color-red-light-color': colors.red[9],
    '--mantine-color-orange-light-color': '#8a3403',
    '--mantine-color-yellow-light-color': '#714b00',
    '--mantine-color-teal-light-color': '#06563d',
    '--mantine-color-blue-light-color': colors.blue[9],
    '--mantine-color-violet-light-color': colors.violet[9],
  },
  dark: {
    '--mantine-color-dimmed': '#a4afad',
    '--mantine-color-placeholder': '#8b9694',
  },
});
