import classes from './code-block.module.css';
import { CopyIcon } from './copy-button.tsx';

/** Code to read and to copy; long lines scroll within the block, never the page. */
export function CodeBlock({ code, label, tall = false }: { code: string; label: string; tall?: boolean }) {
  return (
    <div className={classes.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable from the keyboard. */}
      <section className={classes.scroll} data-tall={tall || undefined} tabIndex={0} aria-label={label}>
        <pre className={classes.code}>{code}</pre>
      </section>
      <div className={classes.copy}>
        <CopyIcon value={code} label={`Copy: ${label}`} />
      </div>
    </div>
  );
}
