using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Functions;
using Dispatcher.Steps.Workers;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Embedding;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>Translates the contract's calls into commands and readings, and back, for one tenant and one caller.</summary>
internal sealed class Orchestrator(DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers, OrchestratorIds ids, string tenant, Principal by) : IJobOrchestrator
{
    public const int ListLimit = 1000;
    private const string JobLabel = "job_id";
    private const string ContractLabel = "contract";
    private const int DrawLimit = 100;

    private static readonly Principal Application = new("application", "embedded");

    public Orchestrator(DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers, OrchestratorIds ids)
        : this(engine, reader, numbers, ids, Caller.DefaultTenant, Application)
    {
    }

    /// <summary>What the request belongs to, for its jobs.</summary>
    public (string? CorrelationId, string? TraceParent) Origin { get; init; }

    public async Task<WorkflowState> CreateWorkflow(long jobId, WorkflowSpec spec, object? metadata)
    {
        if (jobId < 1) throw new WorkflowValidationException("job_id must be 1 or more");
        spec.Validate();
        var kept = StepJson.WriteInput(metadata);
        if (kept is { ValueKind: not JsonValueKind.Object }) throw new WorkflowValidationException("metadata must be an object");
        var definition = DefinitionOf(spec);
        await engine.Node.Workflows.Pin(definition);
        var job = new JobSpec
        {
            Tenant = tenant,
            Workflow = definition.Reference,
            Input = OrchestratedDefinition.InputOf(jobId, spec, kept),
            Labels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
                .Add(ContractLabel, OrchestratedDefinition.ContractName).Add(JobLabel, jobId.ToString(CultureInfo.InvariantCulture)),
            CorrelationId = Origin.CorrelationId,
            TraceParent = Origin.TraceParent,
        };
        for (var draw = 0; draw < DrawLimit; draw++)
        {
            var id = numbers.Next();
            switch (await engine.Gateway.Submit(job with { IdempotencyKey = JobNumber.KeyOf(OrchestratedDefinition.ContractName, id) }, by))
            {
                case CommandReply.Done done:
                    ids.Keep(tenant, id, done.JobId);
                    return Read(done.State).State();
                case CommandReply.Accepted accepted:
                    throw new DispatcherUnavailableException($"The workflow {id} is durable as job {accepted.JobId}, and its node does not answer now; read it in a moment.");
                case CommandReply.Duplicate:
                    // Another node has drawn the same number.
                    continue;
                case var reply:
                    throw Fault(reply);
            }
        }

        throw new DispatcherUnavailableException("No free number was found for the workflow; try again.");
    }

    public async Task<WorkflowState?> GetWorkflow(long workflowId) => await Find(workflowId) is { } job ? Read(job).State() : null;

    public async Task<WorkflowState?> GetWorkflowByJob(long jobId)
    {
        var found = await List(new JobQuery { Limit = 1 }, $"{JobLabel}={jobId.ToString(CultureInfo.InvariantCulture)}");
        return found.Count == 0 ? null : Read(found[0]).State();
    }

    public async Task<WorkflowState> StartWorkflow(long workflowId)
    {
        var job = await Require(workflowId);
        if (Read(job).Status != WorkflowStatus.Pending) throw WrongState("start", Read(job).Status);
        return Read(await Send(job.Id, at => new JobCommand.Approve(by, null, at))).State();
    }

    public async Task<WorkflowState> ExecuteWorkflow(long workflowId, CancellationToken cancellation)
    {
        var job = await Require(workflowId);
        if (job.Status.IsTerminal()) throw WrongState("execute", Read(job).Status);
        if (job.Status == JobStatus.Pending) await StartWorkflow(workflowId);
        return Read(await new DispatcherClient(engine, tenant).WhenEnded(job.Id, cancellation)).State();
    }

    public async Task<WorkflowState> PauseWorkflow(long workflowId, string? reason)
    {
        var job = await Require(workflowId);
        if (Read(job).Status is not (WorkflowStatus.Running or WorkflowStatus.Recovering)) throw WrongState("pause", Read(job).Status);
        return Read(await Send(job.Id, at => new JobCommand.Pause(by, reason, at))).State();
    }

    public async Task<WorkflowState> CancelWorkflow(long workflowId, string? reason)
    {
        var job = await Require(workflowId);
        if (job.Status.IsTerminal()) throw WrongState("cancel", Read(job).Status);
        return Read(await Send(job.Id, at => new JobCommand.Cancel(by, reason, at))).State();
    }

    public async Task<WorkflowState> RecoverWorkflow(long workflowId, int fromStep, string? reason)
    {
        var job = await Require(workflowId);
        var workflow = Read(job);
        if (fromStep < 0 || fromStep >= workflow.TotalSteps) throw new WorkflowValidationException($"from_step must be 0 to {workflow.TotalSteps - 1}, not {fromStep}");
        if (workflow.Status == WorkflowStatus.Paused) return Read(await Send(job.Id, at => new JobCommand.Resume(by, reason, at))).State();
        if (workflow.Status != WorkflowStatus.Failed) throw WrongState("recover", workflow.Status);
        if (workflow.RecoveryAttempts >= workflow.MaxRecoveryAttempts)
            throw new WorkflowValidationException($"Maximum recovery attempts ({workflow.MaxRecoveryAttempts}) reached") { IsOfState = true };
        var after = await Send(job.Id, at => new JobCommand.Recover(OrchestratedDefinition.StepId(fromStep), by, reason, at) { PassOver = true });
        // The first step may have started in the same write; what the caller asked for is the recovery.
        var progress = (int)((double)fromStep / workflow.TotalSteps * 100);
        return Read(after).State() with { Status = WorkflowStatus.Recovering, CurrentStep = fromStep, Progress = progress };
    }

    public async Task<WorkflowProgress> GetWorkflowProgress(long workflowId) => Read(await Require(workflowId)).ProgressView();

    public async Task<IReadOnlyList<WorkflowTask>> GetTasks(long workflowId) => Read(await Require(workflowId)).Tasks();

    public async Task<IReadOnlyList<WorkflowTask>> GetRetryableTasks(long workflowId) =>
        [.. (await GetTasks(workflowId)).Where(task => task.Status == WorkflowTaskStatus.Failed && task.RetryCount < task.MaxRetries)];

    public async Task<WorkflowTask?> GetTaskByCeleryTaskId(string celeryTaskId)
    {
        if (!LeaseKey.TryParse(celeryTaskId, out var key) || await reader.Find(key.JobId, tenant) is not { State: { } job } || !IsOurs(job)) return null;
        return Read(job).Tasks().FirstOrDefault(task => task.CeleryTaskId == celeryTaskId);
    }

    public async Task<IReadOnlyList<WorkflowState>> GetActiveWorkflows(int limit)
    {
        var found = new List<JobState>();
        foreach (var status in (JobStatus[])[JobStatus.Running, JobStatus.Recovering, JobStatus.Queued, JobStatus.Approved])
            found.AddRange(await List(new JobQuery { Status = status, Limit = limit }));
        var active = found.Select(Read).Where(workflow => workflow.Status is WorkflowStatus.Running or WorkflowStatus.Recovering);
        return [.. active.Select(workflow => workflow.State()).OrderByDescending(workflow => workflow.Id).DistinctBy(workflow => workflow.Id).Take(limit)];
    }

    public async Task<IReadOnlyList<WorkflowState>> GetFailedWorkflows(int limit) => [.. (await Failed(limit)).Select(workflow => workflow.State())];

    public async Task<IReadOnlyList<WorkflowState>> GetRecoverableWorkflows(int limit) =>
        [.. (await Failed(limit)).Where(workflow => workflow.RecoveryAttempts < workflow.MaxRecoveryAttempts).Select(workflow => workflow.State())];

    public IJobOrchestrator ForTenant(string other) => new Orchestrator(engine, reader, numbers, ids, other, by);

    private async Task<IEnumerable<WorkflowReading>> Failed(int limit) =>
        (await List(new JobQuery { Status = JobStatus.Failed, Limit = limit })).Select(Read).Where(workflow => workflow.Status == WorkflowStatus.Failed);

    private WorkflowDefinition DefinitionOf(WorkflowSpec spec)
    {
        try
        {
            var definition = OrchestratedDefinition.Of(spec);
            if (definition.CheckHandlers(engine.Handlers.Describe, engine.Handlers.Names) is not { Count: > 0 } faults) return definition;
            var missing = definition.Steps.FirstOrDefault(step => engine.Handlers.Find(step.Uses) is null);
            var index = missing is null ? -1 : OrchestratedDefinition.IndexOf(missing.Id);
            throw index >= 0 && spec.Steps[index].Function is not null
                ? new WorkflowValidationException($"Step {index}: its function is not known to this application; add the workflow with AddOrchestratedWorkflow when it starts, at every node")
                : new WorkflowValidationException(string.Join("; ", faults.Select(fault => fault.Message)));
        }
        catch (WorkflowDefinitionException fault)
        {
            throw new WorkflowValidationException(string.Join("; ", fault.Faults.Select(one => one.Message)));
        }
    }

    private WorkflowReading Read(JobState job) => new(job, handler => engine.Handlers.Find(handler) is IExternalStepHandler);

    private async Task<JobState> Require(long workflowId) => await Find(workflowId) ?? throw new WorkflowNotFoundException(workflowId);

    private async Task<JobState?> Find(long workflowId)
    {
        var key = JobNumber.KeyOf(OrchestratedDefinition.ContractName, workflowId);
        if (ids.Find(tenant, workflowId) is not { } id)
        {
            var page = await engine.Store.ListJobs(new JobQuery { Tenant = tenant, Terms = [JobTerms.Spell(key)], Limit = 1 });
            if (page.Rows.Count == 0) return null;
            ids.Keep(tenant, workflowId, id = page.Rows[0].Id);
        }

        return await reader.Find(id, tenant) is { State: { } job } && IsOurs(job) && job.Spec.IdempotencyKey == key ? job : null;
    }

    private async Task<IReadOnlyList<JobState>> List(JobQuery query, params string[] terms)
    {
        var wanted = query with { Tenant = tenant, Limit = Math.Clamp(query.Limit, 1, ListLimit), Terms = [$"{ContractLabel}={OrchestratedDefinition.ContractName}", .. terms] };
        var jobs = new List<JobState>();
        while (true)
        {
            var page = await engine.Store.ListJobs(wanted);
            foreach (var row in page.Rows)
            {
                if (jobs.Count < wanted.Limit && await reader.Find(row.Id, tenant) is { State: { } job } && IsOurs(job)) jobs.Add(job);
            }

            if (page.Next is not { } next || jobs.Count >= wanted.Limit) return jobs;
            wanted = wanted with { Before = next };
        }
    }

    private static bool IsOurs(JobState job) =>
        job.Spec.Labels?.GetValueOrDefault(ContractLabel) == OrchestratedDefinition.ContractName
        && job.Spec.IdempotencyKey?.StartsWith(OrchestratedDefinition.ContractName + ":", StringComparison.Ordinal) == true;

    private async Task<JobState> Send(JobId id, Func<DateTimeOffset, JobCommand> order) => await engine.Gateway.Send(id, order(engine.Gateway.Now), new CommandGuard(tenant, ExpectedVersion: null)) switch
    {
        CommandReply.Done done => done.State,
        var reply => throw Fault(reply),
    };

    private static WorkflowValidationException WrongState(string verb, WorkflowStatus status) => new($"Cannot {verb} workflow in {status.ToText()} state") { IsOfState = true };

    private static Exception Fault(CommandReply reply) => reply switch
    {
        CommandReply.Refused refused => new WorkflowValidationException(refused.Rejection.Message) { IsOfState = true },
        CommandReply.Accepted accepted => new DispatcherUnavailableException($"The order for job {accepted.JobId} is durable, and the job's node does not answer now; it takes effect when it does."),
        CommandReply.Unavailable unavailable => new DispatcherUnavailableException(unavailable.Cause),
        _ => new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Which job a workflow's number names: remembered, because it never changes.</summary>
internal sealed class OrchestratorIds
{
    /// <summary>Beyond it all are forgotten, and looked up again.</summary>
    private const int Limit = 10_000;

    private readonly ConcurrentDictionary<(string Tenant, long Number), JobId> _ids = new();

    public JobId? Find(string tenant, long number) => _ids.TryGetValue((tenant, number), out var id) ? id : null;

    public void Keep(string tenant, long number, JobId id)
    {
        if (_ids.Count >= Limit) _ids.Clear();
        _ids[(tenant, number)] = id;
    }
}
