-- online
-- Which programs may still run on this schema: those at this level, the number of their newest migration, and newer
-- ones. A migration that takes away what older programs need raises it; it is offline then.
create table schema_support (
  oldest integer not null,
  only_row boolean primary key default true check (only_row)
);
insert into schema_support (oldest) values (37);
