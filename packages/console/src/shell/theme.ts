import {
  Avatar,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  type MantineColor,
  type MantineColorsTuple,
  Modal,
} from '@mantine/core';

/** House green: white on shade 7 has a contrast of 6.1, on shade 6 one of 5.0, shade 4 on the dark ground 7.6 (WCAG AA asks 4.5). */
const house: MantineColorsTuple = [
  '#e6f7f4',
  '#cdeee8',
  '#9cded2',
  '#67cdbb',
  '#3fbfa9',
  '#1fa893',
  '#0f7d70',
  '#0b6e66',
  '#08574f',
  '#04403b',
];

/** Tints of the initials of people: those whose darkest shade can be read on their lightest. */
const initialsColors: MantineColor[] = ['blue', 'indigo', 'violet', 'grape', 'pink'];

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
  components: {
    Avatar: Avatar.extend({ defaultProps: { color: 'initials', allowedInitialsColors: initialsColors } }),
    // The head of a dialog is no banner of the page.
    Drawer: Drawer.extend({ defaultProps: { attributes: { header: { role: 'presentation' } } } }),
    Modal: Modal.extend({ defaultProps: { attributes: { header: { role: 'presentation' } } } }),
  },
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
    '--mantine-color-indigo-light-color': colors.indigo[9],
    '--mantine-color-grape-light-color': colors.grape[9],
    '--mantine-color-pink-light-color': colors.pink[9],
  },
  dark: {
    '--mantine-color-dimmed': '#a4afad',
    '--mantine-color-placeholder': '#8b9694',
  },
});
