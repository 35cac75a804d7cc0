-- Jobs that were deleted and whose files may still be there: from the commit of the deletion until the files are gone.
CREATE TABLE leftover_files (
    job_id BLOB NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL
) STRICT, WITHOUT ROWID;
