-- What is looked for to be deleted: answers of Wikidata that there is no page, which have expired; hours long ago.
ALTER TABLE rt_id ADD KEY rt_id_absent (rt_id(8), expires_at);
ALTER TABLE api_usage ADD KEY api_usage_hour (hour);
