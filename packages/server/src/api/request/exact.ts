/** Nothing, if `R` has no field that `T` does not name, at any depth; else what no declaration has, under a name that says what is wrong. */
export type Exact<T, R> = [Surplus<R, T>] extends [never]
  ? unknown
  : { readonly 'fields that the shape of the answer does not have': Surplus<R, T> };

/** The names of the fields that are too many. Of the alternatives of `T` those count that `R` fits; what `T` says nothing of may have any. */
type Surplus<R, T> = R extends readonly (infer One)[]
  ? Surplus<One, ItemOf<Fitted<R, T>>>
  : R extends object
    ? unknown extends T
      ? never
      : { [K in keyof R]-?: SurplusAt<K, R[K], Fitted<R, T>> }[keyof R]
    : never;

/** What is always undefined is not in the JSON: the compiler gives it to alternatives that lack what another one has. */
type SurplusAt<K, Value, T> = [Value] extends [undefined]
  ? never
  : K extends NameIn<T>
    ? Surplus<Exclude<Value, undefined>, ValueIn<T, K>>
    : K;
type Fitted<R, T> = T extends unknown ? (R extends T ? T : never) : never;
type NameIn<T> = T extends unknown ? keyof T : never;
type ValueIn<T, K> = T extends unknown ? (K extends keyof T ? Exclude<T[K], undefined> : never) : never;
type ItemOf<T> = T extends readonly (infer One)[] ? One : never;
