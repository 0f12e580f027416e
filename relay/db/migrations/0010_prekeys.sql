-- offline
-- Prekeys of devices, in their published form.

create table prekeys (
  account_id bytea not null,
  device_id bytea not null,
  signed_prekey bytea,
  signed_prekey_id bigint not null default 0, -- 0: none yet
  signed_prekey_created_at bigint not null default 0,
  last_resort_prekey bytea,
  last_resort_prekey_id bigint not null default 0,
  last_resort_prekey_created_at bigint not null default 0,
  -- Ids of all one-time pairs that were ever taken in: none of them comes back after it was handed out.
  -- Ids that count up are one range, however many.
  pairs_seen int8multirange not null default '{}',
  primary key (account_id, device_id),
  foreign key (account_id, device_id) references devices
);

-- A row leaves when its pair is handed out.
create table one_time_prekeys (
  account_id bytea not null,
  device_id bytea not null,
  prekey_id bigint not null,
  prekey bytea not null,
  primary key (account_id, device_id, prekey_id),
  foreign key (account_id, device_id) references prekeys on delete cascade
);
