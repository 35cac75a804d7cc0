namespace Dispatcher.Store.Import;

/// <summary>A table that is moved from one database to the other; both have it under one name with these columns.</summary>
/// <param name="Job">The column with the id of the job to which a row belongs; null for tables that belong to no job.</param>
/// <param name="Key">So many of the first columns tell a row from the others, and its order.</param>
internal sealed record ImportTable(string Name, string? Job, int Key, params ImportColumn[] Columns)
{
    private static readonly ImportTable Journal = new(
        "journal", "job_id", 1,
        new("sequence_nr"), new("ordering"), new("writer"), new("at"), new("type", ImportType.Text), new("payload", ImportType.Bytes));

    public static ImportTable Jobs { get; } = new(
        "jobs", "job_id", 0,
        new("tenant", ImportType.Text), new("workflow_name", ImportType.Text), new("workflow_version", ImportType.Int), new("status", ImportType.Text),
        new("priority", ImportType.Int), new("created_at"), new("updated_at"), new("wake_at"), new("waits_for", ImportType.Text),
        new("correlation_id", ImportType.Text), new("labels", ImportType.Text), new("ended_at"), new("terms", ImportType.Json));

    /// <summary>Neither database finds a job's terms by the job: they are looked up from its row.</summary>
    public static ImportTable Terms { get; } = new("job_terms", "job_id", 2, new("tenant", ImportType.Text), new("term", ImportType.Text));

    /// <summary>What belongs to a job. The journal first, then the row.</summary>
    public static IReadOnlyList<ImportTable> OfJobs { get; } =
    [
        Journal,
        Jobs,
        Terms,
        new("snapshots", "job_id", 0, new("sequence_nr"), new("version", ImportType.Int), new("payload", ImportType.Bytes)),
        new("claims", "job_id", 2, new("kind", ImportType.Text), new("key", ImportType.Text), new("fingerprint", ImportType.Text)),
        new("watches", "watcher", 2, new("watched", ImportType.Id), new("kind", ImportType.Text)),
        new("inbox", "job_id", 1,
            new("id"), new("from_job", ImportType.Id), new("kind", ImportType.Text), new("outcome", ImportType.Text), new("payload", ImportType.Bytes), new("at")),
        new("deliveries", "job_id", 1,
            new("id"), new("sequence_nr"), new("created_at"), new("next_at"), new("last_attempt_at"), new("attempts", ImportType.Int),
            new("last_status_code", ImportType.Int), new("tenant", ImportType.Text), new("event_type", ImportType.Text), new("url", ImportType.Text),
            new("job_status", ImportType.Text), new("status", ImportType.Text), new("last_error", ImportType.Text)),
    ];

    public static IReadOnlyList<ImportTable> OfNoJob { get; } =
    [
        new("workflows", null, 1, new("hash", ImportType.Text), new("name", ImportType.Text), new("version", ImportType.Int), new("definition", ImportType.Text)),
        new("workflow_versions", null, 3,
            new("tenant", ImportType.Text), new("name", ImportType.Text), new("version", ImportType.Int), new("hash", ImportType.Text), new("registered_at")),
        new("api_keys", null, 1,
            new("id", ImportType.Text), new("tenant", ImportType.Text), new("name", ImportType.Text), new("roles", ImportType.Text),
            new("hash", ImportType.Bytes), new("created_at"), new("expires_at"), new("revoked_at")),
        new("webhook_secrets", null, 1,
            new("id", ImportType.Text), new("tenant", ImportType.Text), new("secret", ImportType.Bytes), new("created_at"), new("expires_at")),
        new("quota_accounts", null, 2,
            new("tenant", ImportType.Text), new("meter", ImportType.Text), new("plan", ImportType.Text), new("plan_limit"), new("used"), new("reserved"), new("overage"),
            new("upgrade", ImportType.Text), new("period", ImportType.Text), new("updated_at")),
        new("quota_holds", null, 3,
            new("tenant", ImportType.Text), new("meter", ImportType.Text), new("reservation", ImportType.Text), new("amount"), new("status", ImportType.Text), new("expires_at"),
            new("job_id", ImportType.Id), new("charged"), new("overage"), new("raw", ImportType.Text), new("created_at"), new("closed_at")),
        new("quota_ledger", null, 1,
            new("id"), new("tenant", ImportType.Text), new("meter", ImportType.Text), new("at"), new("kind", ImportType.Text), new("reservation", ImportType.Text),
            new("job_id", ImportType.Id), new("amount"), new("charged"), new("overage"), new("raw", ImportType.Text), new("plan_limit"), new("used"), new("reserved")),
        new("schedules", null, 2,
            new("tenant", ImportType.Text), new("id", ImportType.Text), new("definition", ImportType.Text), new("version"), new("created_at"), new("updated_at"),
            new("next_due"), new("fire_at"), new("held_due"), new("archived_at"), new("sweep_at"), new("record", ImportType.Text)),
        new("schedule_edges", null, 3, new("tenant", ImportType.Text), new("schedule", ImportType.Text), new("depends_on", ImportType.Text)),
        new("schedule_cancels", null, 4,
            new("tenant", ImportType.Text), new("watched", ImportType.Text), new("event", ImportType.Text), new("schedule", ImportType.Text), new("happened_at"), new("happened_to", ImportType.Text)),
        new("schedule_counts", null, 1, new("tenant", ImportType.Text), new("schedules")),
        new("patterns", null, 3,
            new("tenant", ImportType.Text), new("id", ImportType.Text), new("version", ImportType.Int), new("definition", ImportType.Text), new("registered_at")),
        new("leftover_files", null, 1, new("job_id", ImportType.Id), new("tenant", ImportType.Text)),
    ];

    public string ColumnList { get; } = string.Join(", ", Columns.Select(column => column.Name));

    public string Order { get; } = string.Join(", ", Columns.Take(Key).Select(column => column.Name));

    /// <summary>Where the number of the incarnation stands in the rows; only the journal has one.</summary>
    public int WriterColumn { get; } = Array.FindIndex(Columns, column => column.Name == "writer");
}

internal sealed record ImportColumn(string Name, ImportType Type = ImportType.Long);

internal enum ImportType
{
    Long,

    /// <summary>Four bytes in PostgreSQL.</summary>
    Int,

    Text,

    /// <summary>Text that PostgreSQL reads as JSON.</summary>
    Json,

    Bytes,

    /// <summary>The id of a job.</summary>
    Id,
}
