/** How this device came into its account: with it, or by a later login. */
export const origin = `
alter table identity add column origin text not null default 'registration'
  check (origin in ('registration', 'login'));
`;
