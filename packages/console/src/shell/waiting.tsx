import { Center, Loader } from '@mantine/core';

/** Holds the page's place while something loads. */
export function Waiting({
  height = '50vh',
  label = 'Loading',
}: {
  height?: string | number;
  label?: string;
}) {
  return (
    <Center mih={height} role="status" aria-label={label}>
      <Loader />
    </Center>
  );
}
