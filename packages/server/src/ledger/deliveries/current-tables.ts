import type { Opening } from '../../kept/tables/sqlite.ts';
import { Damage } from '../../kept/tables/sqlite.ts';
import { DeliveryTables } from './delivery-tables.ts';

/** The file of deliveries: where damage is met, it is set aside and begun anew, for delivery asks it as well. */
export class CurrentTables {
  readonly #open: () => DeliveryTables;
  #tables: DeliveryTables;

  constructor(path: string, onOpening: (opening: Opening) => void) {
    this.#open = () => DeliveryTables.open(path, onOpening);
    this.#tables = this.#open();
  }

  /** Deliveries in it. */
  get rows(): number {
    return this.#tables.rows;
  }

  use<T>(work: (tables: DeliveryTables) => T): T {
    try {
      return work(this.#tables);
    } catch (cause) {
      if (!(cause instanceof Damage)) throw cause;
      this.#tables.close();
      this.#tables = this.#open();
      return work(this.#tables);
    }
  }

  close(): void {
    this.#tables.close();
  }
}
