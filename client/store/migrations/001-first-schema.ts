/** SPEC numbers are those of keys/SPEC.md. Times are milliseconds since 1970. */
export const firstSchema = `
create table identity (
  only integer primary key check (only = 1),
  stage text not null check (stage in ('pending', 'registered')),
  account_id blob not null check (length(account_id) = 32),
  name text not null,
  device_id blob not null check (length(device_id) = 16),
  relay_url text not null,
  genesis blob not null,
  account_public_key blob not null check (length(account_public_key) = 32),
  sealed_account_key blob not null,
  signing_secret_key blob not null check (length(signing_secret_key) = 64),
  agreement_secret_key blob not null check (length(agreement_secret_key) = 32),
  agreement_public_key blob not null check (length(agreement_public_key) = 32),
  opaque_server_key text,
  created_at integer not null
) strict;

create table tokens (
  only integer primary key check (only = 1),
  access_token text not null,
  access_expires_at integer not null,
  refresh_token text not null
) strict;
`;
