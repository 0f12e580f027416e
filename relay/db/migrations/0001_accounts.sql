-- offline
-- People, their account chains, and what lets a device in.

create table accounts (
  account_id bytea primary key check (octet_length(account_id) = 32),
  name text collate "C" not null unique, -- in byte order, whatever the locale of the database
  registered_at bigint not null, -- milliseconds since 1970
  -- Head of the account chain, for compare-and-swap.
  head_sequence bigint not null,
  head_hash bytea not null check (octet_length(head_hash) = 32)
);

create table account_entries (
  account_id bytea not null references accounts,
  sequence bigint not null,
  entry bytea not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (account_id, sequence)
);

-- Read off the verified chain; every device that ever was in it.
create table devices (
  account_id bytea not null references accounts,
  device_id bytea not null check (octet_length(device_id) = 16),
  signing_key bytea not null check (octet_length(signing_key) = 32),
  active boolean not null,
  added_sequence bigint not null,
  primary key (account_id, device_id)
);

-- The OPAQUE record cannot be turned into the password; the account key is sealed under the recovery words.
create table credentials (
  account_id bytea primary key references accounts,
  opaque_record text not null,
  sealed_account_key bytea not null
);

-- First halves of logins. A crash empties it: whoever was logging in starts again.
create unlogged table login_attempts (
  login_id bytea primary key check (octet_length(login_id) = 16),
  account_id bytea, -- null: no such account, the answer was made up
  server_state text not null,
  expires_at bigint not null
);
create index login_attempts_expires_at on login_attempts (expires_at);

-- Refresh tokens that follow from one login. A token is (family, serial) under a MAC and is not stored.
create table token_families (
  family_id bytea primary key check (octet_length(family_id) = 16),
  account_id bytea not null,
  device_id bytea not null,
  created_at bigint not null,
  -- The newest serial that was used; its successor is the newest that was issued.
  used_serial bigint not null,
  revoked boolean not null default false,
  expires_at bigint not null,
  foreign key (account_id, device_id) references devices
);
create index token_families_device on token_families (account_id, device_id, created_at);
