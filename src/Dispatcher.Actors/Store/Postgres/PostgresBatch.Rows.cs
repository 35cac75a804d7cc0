using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>The read model: rows, counters, terms, snapshots, and callbacks.</summary>
internal sealed partial class PostgresBatch
{
    private readonly JobCountDeltas _counts = new();

    private PostgresArrays _rows = null!;
    private PostgresArray<Guid> _rowJob = null!;
    private PostgresArray<int> _rowShard = null!;
    private PostgresArray<string> _rowTenant = null!;
    private PostgresArray<string> _rowWorkflow = null!;
    private PostgresArray<int> _rowVersion = null!;
    private PostgresArray<string> _rowStatus = null!;
    private PostgresArray<int> _rowPriority = null!;
    private PostgresArray<long> _rowCreatedAt = null!;
    private PostgresArray<long> _rowUpdatedAt = null!;
    private PostgresArray<long?> _rowWakeAt = null!;
    private PostgresArray<string?> _rowWaitsFor = null!;
    private PostgresArray<string?> _rowCorrelation = null!;
    private PostgresArray<string?> _rowLabels = null!;
    private PostgresArray<long?> _rowEndedAt = null!;
    private PostgresArray<string?> _rowTerms = null!;

    private PostgresArrays _sleeping = null!;
    private PostgresArray<Guid> _sleepingJob = null!;
    private PostgresArrays _ended = null!;
    private PostgresArray<Guid> _endedJob = null!;

    private PostgresArrays _countChanges = null!;
    private PostgresArray<string> _countTenant = null!;
    private PostgresArray<string> _countWorkflow = null!;
    private PostgresArray<string> _countStatus = null!;
    private PostgresArray<long> _countJobs = null!;

    private PostgresArrays _terms = null!;
    private PostgresArray<string> _termTenant = null!;
    private PostgresArray<string> _termText = null!;
    private PostgresArray<Guid> _termJob = null!;

    private PostgresArrays _snapshots = null!;
    private PostgresArray<Guid> _snapshotJob = null!;
    private PostgresArray<long> _snapshotSequenceNr = null!;
    private PostgresArray<int> _snapshotVersion = null!;
    private PostgresArray<ReadOnlyMemory<byte>> _snapshotPayload = null!;

    private void DefineRows()
    {
        _rows = Group();
        _rowJob = _rows.Ids("row_job");
        _rowShard = _rows.Ints("row_shard");
        _rowTenant = _rows.Texts("row_tenant");
        _rowWorkflow = _rows.Texts("row_workflow_name");
        _rowVersion = _rows.Ints("row_workflow_version");
        _rowStatus = _rows.Texts("row_status");
        _rowPriority = _rows.Ints("row_priority");
        _rowCreatedAt = _rows.Longs("row_created_at");
        _rowUpdatedAt = _rows.Longs("row_updated_at");
        _rowWakeAt = _rows.LongsOrNull("row_wake_at");
        _rowWaitsFor = _rows.TextsOrNull("row_waits_for");
        _rowCorrelation = _rows.TextsOrNull("row_correlation_id");
        _rowLabels = _rows.TextsOrNull("row_labels");
        _rowEndedAt = _rows.LongsOrNull("row_ended_at");
        _rowTerms = _rows.TextsOrNull("row_terms");
        _sleeping = Group();
        _sleepingJob = _sleeping.Ids("sleeping_job");
        _ended = Group();
        _endedJob = _ended.Ids("ended_job");

        _countChanges = Group();
        _countTenant = _countChanges.Texts("count_tenant");
        _countWorkflow = _countChanges.Texts("count_workflow_name");
        _countStatus = _countChanges.Texts("count_status");
        _countJobs = _countChanges.Longs("count_jobs");

        _terms = Group();
        _termTenant = _terms.Texts("term_tenant");
        _termText = _terms.Texts("term_text");
        _termJob = _terms.Ids("term_job");

        _snapshots = Group();
        _snapshotJob = _snapshots.Ids("snapshot_job");
        _snapshotSequenceNr = _snapshots.Longs("snapshot_sequence_nr");
        _snapshotVersion = _snapshots.Ints("snapshot_version");
        _snapshotPayload = _snapshots.Bytes("snapshot_payload");
    }

    private void AddState(AppendRequest request)
    {
        if (request.Row is { } row)
        {
            AddRow(request, row);
            if (request.ExpectedSequenceNr == 0) AddTerms(row, request.Terms);
            _counts.Move(row, request.StatusBefore, row.Status);
        }

        if (request.Snapshot is not { } snapshot) return;
        _snapshots.Count++;
        _snapshotJob.Add(request.JobId.Value);
        _snapshotSequenceNr.Add(request.ExpectedSequenceNr + request.Events.Count);
        _snapshotVersion.Add(snapshot.Version);
        _snapshotPayload.Add(snapshot.Payload);
    }

    private void AddRow(AppendRequest request, JobRow row)
    {
        _rows.Count++;
        _rowJob.Add(row.Id.Value);
        _rowShard.Add(ShardSet.ShardOf(row.Id, _shardCount));
        _rowTenant.Add(PostgresText.Clean(row.Tenant));
        _rowWorkflow.Add(PostgresText.Clean(row.WorkflowName));
        _rowVersion.Add(row.WorkflowVersion);
        _rowStatus.Add(row.Status.ToText());
        _rowPriority.Add(row.Priority);
        _rowCreatedAt.Add(Micros(row.CreatedAt));
        _rowUpdatedAt.Add(Micros(row.UpdatedAt));
        _rowWakeAt.Add(row.WakeAt is { } wakeAt ? Micros(wakeAt) : null);
        _rowWaitsFor.Add(CleanOrNull(row.WaitsFor));
        _rowCorrelation.Add(CleanOrNull(row.CorrelationId));
        _rowLabels.Add(row.Labels is { Count: > 0 } labels ? Encoding.UTF8.GetString(StoredText.EncodeLabels(labels)) : null);
        _rowEndedAt.Add(row.Status.IsTerminal() ? Micros(row.UpdatedAt) : null);
        _rowTerms.Add(request.Terms.Any(term => !IsName(row, term)) ? Encoding.UTF8.GetString(StoredText.EncodeTerms(request.Terms)) : null);
        if (row.Status.IsTerminal())
        {
            _ended.Count++;
            _endedJob.Add(row.Id.Value);
        }
        else if (row.WakeAt != JobRow.Active)
        {
            _sleeping.Count++;
            _sleepingJob.Add(row.Id.Value);
        }
    }

    private void AddTerms(JobRow row, IReadOnlyList<string> terms)
    {
        AddTerm(row, row.WorkflowName);
        for (var i = 0; i < terms.Count; i++)
            if (!IsName(row, terms[i])) AddTerm(row, terms[i]);
    }

    private void AddTerm(JobRow row, string term)
    {
        _terms.Count++;
        _termTenant.Add(PostgresText.Clean(row.Tenant));
        _termText.Add(PostgresText.Clean(term));
        _termJob.Add(row.Id.Value);
    }

    private void AddCounts()
    {
        foreach (var (tenant, workflow, status, jobs) in _counts.Changes.OrderBy(change => change.Tenant, StringComparer.Ordinal).ThenBy(change => change.Workflow, StringComparer.Ordinal).ThenBy(change => change.Status))
        {
            _countChanges.Count++;
            _countTenant.Add(PostgresText.Clean(tenant));
            _countWorkflow.Add(PostgresText.Clean(workflow));
            _countStatus.Add(status.ToText());
            _countJobs.Add(jobs);
        }
    }

    private static bool IsName(JobRow row, string term) => string.Equals(term, row.WorkflowName, StringComparison.Ordinal);
}
