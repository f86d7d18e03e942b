import { basePath } from './base.ts';

/** The mark: one lit stage, and every seat of the house accounted for. Decorative; the name stands beside it. */
export function Logo({ size = 28 }: { size?: number }) {
  return <img src={`${basePath}/favicon.svg`} width={size} height={size} alt="" />;
}
