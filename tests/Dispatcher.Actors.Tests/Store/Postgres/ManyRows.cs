using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>A schema with many jobs, each with all that may belong to one, written by SQL: to see how reads cost when there is much to read past.</summary>
internal static class ManyRows
{
    /// <summary>$N jobs from the given millisecond on, one each millisecond. Every tenth is another tenant's; one in twenty failed, one in eleven runs.</summary>
    private const string Rows =
        """
        CREATE FUNCTION {schema}.id_of(n bigint) RETURNS uuid LANGUAGE sql AS
        $$ SELECT (lpad(to_hex($START + n), 12, '0') || '70008000' || substr(md5(n::text), 1, 12))::uuid $$;
        INSERT INTO {schema}.jobs (job_id, shard, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at, wake_at, ended_at, terms)
        SELECT id, ('x' || right(id::text, 8))::bit(32)::bigint % $SHARDS, CASE WHEN n % 10 = 0 THEN 'other' ELSE 'acme' END,
               CASE WHEN n % 7 = 0 THEN 'encode' ELSE 'render' END, 1, status, 5, n, n, CASE WHEN status = 'running' THEN 0 END, CASE WHEN status <> 'running' THEN n END, '["alpha"]'
        FROM (SELECT n, {schema}.id_of(n) AS id, CASE WHEN n % 20 = 0 THEN 'failed' WHEN n % 11 = 0 THEN 'running' ELSE 'completed' END AS status
              FROM generate_series(1, $N) AS n) AS made;
        INSERT INTO {schema}.job_terms SELECT tenant, workflow_name, job_id FROM {schema}.jobs UNION ALL SELECT tenant, 'alpha', job_id FROM {schema}.jobs;
        INSERT INTO {schema}.journal (job_id, sequence_nr, ordering, writer, at, type, payload)
        SELECT job_id, n, created_at * 10 + n, 1, 1, 'step.started', convert_to(repeat('x', 200), 'utf8') FROM {schema}.jobs, generate_series(1, $EVENTS) AS n;
        INSERT INTO {schema}.inbox (at, job_id, from_job, kind, outcome, payload) SELECT n, job_id, job_id, 'cancel', 'none', '' FROM {schema}.jobs, generate_series(1, 30) AS n WHERE status = 'running' ORDER BY job_id;
        INSERT INTO {schema}.snapshots SELECT job_id, 1, 1, 'state' FROM {schema}.jobs WHERE created_at % 10 = 0;
        INSERT INTO {schema}.claims (kind, key, job_id) SELECT 'idempotency', job_id, job_id FROM {schema}.jobs;
        INSERT INTO {schema}.watches SELECT job_id, job_id, 'child' FROM {schema}.jobs;
        INSERT INTO {schema}.leftover_files SELECT job_id, tenant FROM {schema}.jobs;
        INSERT INTO {schema}.deliveries (sequence_nr, created_at, next_at, attempts, job_id, tenant, event_type, url, job_status, status)
        SELECT 1, 1, CASE WHEN status = 'failed' THEN 5 END, 0, job_id, tenant, 'job.failed', 'https://example.test', status, CASE WHEN status = 'failed' THEN 'pending' ELSE 'delivered' END
        FROM {schema}.jobs;
        INSERT INTO {schema}.job_counts SELECT tenant, workflow_name, status, 1, count(*) FROM {schema}.jobs GROUP BY 1, 2, 3;
        """;

    private static readonly string[] Tables = ["jobs", "journal", "job_terms", "inbox", "snapshots", "claims", "watches", "leftover_files", "deliveries"];

    /// <summary>The tables that grow with the number of jobs: no hot read may read one from end to end.</summary>
    public static IReadOnlyList<string> LargeTables => Tables;

    /// <summary>Writes the jobs into the schema of a store, and brings the statistics up to date as the server does by itself.</summary>
    /// <param name="startAt">When the first one was made.</param>
    public static async Task Write(PostgresData data, int jobs, int events, DateTimeOffset startAt)
    {
        var rows = Rows
            .Replace("$SHARDS", $"{data.Options.ShardCount}", StringComparison.Ordinal)
            .Replace("$START", $"{startAt.ToUnixTimeMilliseconds()}", StringComparison.Ordinal)
            .Replace("$EVENTS", $"{events}", StringComparison.Ordinal)
            .Replace("$N", $"{jobs}", StringComparison.Ordinal);
        await data.Execute(rows);
        foreach (var table in Tables) await data.Execute($"VACUUM ANALYZE {{schema}}.{table}");
    }

    /// <summary>The id of the nth job.</summary>
    public static async Task<JobId> Id(PostgresData data, int n) => new((Guid)(await data.Execute($"SELECT {{schema}}.id_of({n})"))!);
}
