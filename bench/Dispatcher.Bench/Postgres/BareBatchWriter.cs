using Dispatcher.Store;
using Dispatcher.Store.GroupCommit;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Bench.Postgres;

/// <summary>
/// The least that a group commit on PostgreSQL does: the events and the rows of a batch in one round trip and one transaction, by two prepared statements over
/// <c>unnest</c>. No fence, no check, no counters, no mail.
/// </summary>
internal sealed class BareBatchWriter : IBatchWriter, IDisposable
{
    private const string Insert =
        """
        INSERT INTO bare.journal (ordering, job_id, sequence_nr, writer, at, type, payload)
        SELECT (pg_current_xact_id()::text::bigint << 16) + e.place, e.job, e.number, 1, e.at, e.type, e.payload
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS e (job, number, at, type, payload, place)
        """;

    private const string Upsert =
        """
        INSERT INTO bare.jobs (job_id, shard, tenant, workflow_name, workflow_version, status, priority, created_at, updated_at, wake_at, ended_at)
        SELECT r.job, 0, r.tenant, r.workflow, 1, r.status, 5, r.at, r.at, r.wake_at, r.ended_at
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS r (job, tenant, workflow, status, at, wake_at, ended_at)
        ON CONFLICT (job_id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at, wake_at = excluded.wake_at, ended_at = excluded.ended_at
        """;

    private readonly NpgsqlConnection _connection;

    public BareBatchWriter(NpgsqlConnection connection) => _connection = connection;

    public int ServerProcess => _connection.ProcessID;

    public void Write(ReadOnlySpan<PendingAppend> batch)
    {
        var (jobs, numbers, times, types, payloads) = (new List<Guid>(), new List<long>(), new List<long>(), new List<string>(), new List<ReadOnlyMemory<byte>>());
        var (rows, tenants, workflows, statuses, updates, wakes, ends) =
            (new List<Guid>(), new List<string>(), new List<string>(), new List<string>(), new List<long>(), new List<long?>(), new List<long?>());
        foreach (var append in batch)
        {
            var request = append.Request;
            for (var i = 0; i < request.Events.Count; i++)
            {
                jobs.Add(request.JobId.Value);
                numbers.Add(request.ExpectedSequenceNr + 1 + i);
                times.Add(StoredTime.ToMicroseconds(request.Events[i].At));
                types.Add(request.Events[i].Type);
                payloads.Add(request.Events[i].Payload);
            }

            append.Result = new AppendResult.Appended(1);
            if (request.Row is not { } row) continue;
            rows.Add(row.Id.Value);
            tenants.Add(row.Tenant);
            workflows.Add(row.WorkflowName);
            statuses.Add(row.Status == Jobs.JobStatus.Running ? "running" : "completed");
            updates.Add(StoredTime.ToMicroseconds(row.UpdatedAt));
            wakes.Add(row.WakeAt is null ? null : 0);
            ends.Add(row.WakeAt is null ? StoredTime.ToMicroseconds(row.UpdatedAt) : null);
        }

        using var commands = new NpgsqlBatch(_connection);
        commands.BatchCommands.Add(Command(Insert, Parameter(jobs, NpgsqlDbType.Uuid), Parameter(numbers, NpgsqlDbType.Bigint), Parameter(times, NpgsqlDbType.Bigint), Parameter(types, NpgsqlDbType.Text), Parameter(payloads, NpgsqlDbType.Bytea)));
        if (rows.Count > 0)
        {
            commands.BatchCommands.Add(Command(Upsert, Parameter(rows, NpgsqlDbType.Uuid), Parameter(tenants, NpgsqlDbType.Text), Parameter(workflows, NpgsqlDbType.Text),
                Parameter(statuses, NpgsqlDbType.Text), Parameter(updates, NpgsqlDbType.Bigint), Parameter(wakes, NpgsqlDbType.Bigint), Parameter(ends, NpgsqlDbType.Bigint)));
        }

        commands.ExecuteNonQuery();
    }

    public string Explain(Exception failure) => failure.Message;

    public void Dispose() => _connection.Dispose();

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter<List<T>> Parameter<T>(List<T> values, NpgsqlDbType type) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
