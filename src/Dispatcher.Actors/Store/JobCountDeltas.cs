using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>How a transaction moves the counters: collected, then written once a counter. Dropped with its transaction.</summary>
internal sealed class JobCountDeltas
{
    private readonly Dictionary<(string Tenant, string Workflow, JobStatus Status), long> _deltas = [];

    /// <summary>What has to be added to each counter that changes, in no order.</summary>
    public IEnumerable<(string Tenant, string Workflow, JobStatus Status, long Jobs)> Changes =>
        _deltas.Where(delta => delta.Value != 0).Select(delta => (delta.Key.Tenant, delta.Key.Workflow, delta.Key.Status, delta.Value));

    public void Clear() => _deltas.Clear();

    /// <summary>A job of this row moves from one status to another; <see cref="JobStatus.None"/> is before its first and after its deletion.</summary>
    public void Move(JobRow row, JobStatus from, JobStatus to)
    {
        if (from == to) return;
        if (from != JobStatus.None) Add(row, from, -1);
        if (to != JobStatus.None) Add(row, to, 1);
    }

    private void Add(JobRow row, JobStatus status, long jobs)
    {
        var key = (row.Tenant, row.WorkflowName, status);
        _deltas[key] = _deltas.GetValueOrDefault(key) + jobs;
    }
}
