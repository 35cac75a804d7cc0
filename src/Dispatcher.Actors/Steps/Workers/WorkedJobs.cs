using System.Collections.Concurrent;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>
/// The jobs that have a task here or an answer on its way into the journal. Whether a job is among them may be asked without the lock, since every commit
/// of every job asks; all else needs it.
/// </summary>
internal sealed class WorkedJobs
{
    private readonly ConcurrentDictionary<JobId, WorkedJob> _jobs = new();

    public bool Contains(JobId id) => _jobs.ContainsKey(id);

    public WorkedJob? Find(JobId id) => _jobs.GetValueOrDefault(id);

    public IEnumerable<WorkedJob> All => _jobs.Values;

    public WorkerTask? FindTask(JobId id, StepKey step) => Find(id)?.Tasks.GetValueOrDefault(step);

    public void Add(WorkerTask task) => Of(task.Context.JobId).Tasks[task.Context.Step] = task;

    public void Add(LeaseKey key, PendingAnswer answer) => Of(key.JobId).Answers[(key.Step, key.Attempt)] = answer;

    public void Remove(WorkerTask task)
    {
        if (Find(task.Context.JobId) is not { } job) return;
        if (job.Tasks.TryGetValue(task.Context.Step, out var known) && known == task) job.Tasks.Remove(task.Context.Step);
        Trim(task.Context.JobId, job);
    }

    public void Trim(JobId id, WorkedJob job)
    {
        if (job.Tasks.Count == 0 && job.Answers.Count == 0) _jobs.TryRemove(id, out _);
    }

    private WorkedJob Of(JobId id) => _jobs.GetOrAdd(id, static _ => new WorkedJob());
}

/// <summary>What workers have to do with one job.</summary>
internal sealed class WorkedJob
{
    public Dictionary<StepKey, WorkerTask> Tasks { get; } = [];

    /// <summary>By step and attempt: the next attempt may be here before the end of this one is in the journal.</summary>
    public Dictionary<(StepKey Step, int Attempt), PendingAnswer> Answers { get; } = [];
}
