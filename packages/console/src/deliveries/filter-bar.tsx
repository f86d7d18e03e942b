import { Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { type Endpoints, nameOfEndpoint } from '../api/use-endpoints.ts';
import type { ChangeQuery } from '../shell/use-query.ts';
import { noticeNumbers, wordsOfNotice } from '../words/notices.ts';
import { localField, msOfLocalField } from '../words/times.ts';
import classes from './deliveries.module.css';
import {
  type DeliveryFilter,
  deliveryStatuses,
  filterNames,
  memberOf,
  typedMember,
  wordsOfStatus,
} from './delivery-filter.ts';

/** Time after the last key at which a search begins, milliseconds. */
const typingMs = 400;

const typeChoices = noticeNumbers.map((type) => ({
  value: String(type),
  label: `${type} ${wordsOfNotice(type)}`,
}));
const statusChoices = [
  { value: '', label: 'any' },
  ...deliveryStatuses.map((status) => ({ value: status, label: wordsOfStatus(status) })),
];

/** The form of a search. The filter is part of the address, which `change` changes. */
export function FilterBar({
  filter,
  endpoints,
  change,
}: {
  filter: DeliveryFilter;
  endpoints: Endpoints;
  change: ChangeQuery;
}) {
  const { endpoint, channel, type, status, from, to } = filter;
  const choices = (endpoints.list ?? []).map((each) => ({
    value: each.endpointId,
    label: nameOfEndpoint(each),
  }));
  // An endpoint that was deleted still has deliveries.
  if (endpoint !== undefined && !choices.some(({ value }) => value === endpoint))
    choices.push({ value: endpoint, label: endpoint });
  return (
    <search className={classes.filters} aria-label="Filter">
      <Select
        label="Endpoint"
        placeholder="any"
        data={choices}
        value={endpoint ?? null}
        onChange={(chosen) => change({ endpoint: chosen ?? undefined })}
        clearable
      />
      <Typed
        label="Channel"
        placeholder="any"
        value={channel ?? ''}
        onTyped={(typed) => change({ channel: typed.trim() || undefined }, { replace: true })}
      />
      <Typed
        label="Member"
        placeholder="uid or account"
        value={typedMember(filter)}
        onTyped={(typed) =>
          change({ uid: undefined, account: undefined, ...memberOf(typed) }, { replace: true })
        }
      />
      <Select
        label="Type"
        placeholder="any"
        data={typeChoices}
        value={type === undefined ? null : String(type)}
        onChange={(chosen) => change({ type: chosen ?? undefined })}
        clearable
      />
      <TextInput
        label="From"
        className={classes.timeField}
        type="datetime-local"
        step={1}
        value={from === undefined ? '' : localField(from)}
        onChange={(event) => change({ from: msOfLocalField(event.currentTarget.value) }, { replace: true })}
      />
      <TextInput
        label="To"
        className={classes.timeField}
        type="datetime-local"
        step={1}
        value={to === undefined ? '' : localField(to)}
        // The second that is named is meant, to its end.
        onChange={(event) => {
          const ms = msOfLocalField(event.currentTarget.value);
          change({ to: ms === undefined ? undefined : ms + 999 }, { replace: true });
        }}
      />
      <SegmentedControl
        aria-label="Status"
        data={statusChoices}
        value={status ?? ''}
        onChange={(chosen) => change({ status: chosen || undefined })}
        className={classes.wide}
      />
      {filterNames.some((name) => filter[name] !== undefined) && (
        <Button
          variant="subtle"
          w="fit-content"
          onClick={() => change(Object.fromEntries(filterNames.map((name) => [name, undefined])))}
        >
          Clear the filter
        </Button>
      )}
    </search>
  );
}

/** A text field that tells what was typed when the typing pauses, at Enter, and when it is left. */
function Typed({
  label,
  placeholder,
  value,
  onTyped,
}: {
  label: string;
  placeholder: string;
  value: string;
  onTyped: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = (typed: string) => {
    if (typed === told.current) return;
    told.current = typed;
    onTyped(typed);
  };
  const tellSoon = useDebouncedCallback(tell, typingMs);
  // The address changed otherwise: a link, "back", or "clear".
  useEffect(() => {
    if (value === told.current.trim()) return;
    told.current = value;
    setText(value);
  }, [value]);
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tellSoon(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') tell(event.currentTarget.value);
      }}
      onBlur={(event) => tell(event.currentTarget.value)}
    />
  );
}
