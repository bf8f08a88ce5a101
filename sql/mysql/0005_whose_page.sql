-- Whose page an address is: it is looked for by the address too.
ALTER TABLE rt_id ADD KEY rt_id_rt_id (rt_id);

-- Requests in a row, for different pages, that the site redirected away from where films are; the last of those pages.
ALTER TABLE upstream_state ADD COLUMN redirected INT NOT NULL DEFAULT 0;
ALTER TABLE upstream_state ADD COLUMN redirected_page VARCHAR(500) NOT NULL DEFAULT '';
