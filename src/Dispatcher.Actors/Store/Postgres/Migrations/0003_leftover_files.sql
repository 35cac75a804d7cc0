-- Jobs that were deleted and whose files may still be there: from the commit of the deletion until the files are gone.
CREATE TABLE {schema}.leftover_files (
    job_id uuid NOT NULL PRIMARY KEY,
    tenant text NOT NULL
);
