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
internal sealed class Orchestrator(DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers, string tenant, Principal by) : IJobOrchestrator
{
    public const int ListLimit = 1000;
    private const string JobLabel = "job_id";
    private const int DrawLimit = 100;

    /// <summary>How often a start is tried while others change the job.</summary>
    private const int StartLimit = 20;

    /// <summary>Pages of the tenant's jobs that a list looks through.</summary>
    private const int PageLimit = 100;
    private const int PageJobs = 200;

    /// <summary>Jobs that are read with one question, also when fewer are wanted: not each of them may be one that is.</summary>
    private const int FewestRead = 10;

    private static readonly string ContractTerm = JobTerms.Spell($"{OrchestratedDefinition.ContractLabel}={OrchestratedDefinition.ContractName}");
    private static readonly Principal Application = new("application", "embedded");

    public Orchestrator(DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers)
        : this(engine, reader, numbers, Caller.DefaultTenant, Application)
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
            Input = OrchestratedInput.Of(jobId, spec, kept).ToJson(),
            Labels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
                .Add(OrchestratedDefinition.ContractLabel, OrchestratedDefinition.ContractName).Add(JobLabel, jobId.ToString(CultureInfo.InvariantCulture)),
            CorrelationId = Origin.CorrelationId,
            TraceParent = Origin.TraceParent,
        };
        for (var draw = 0; draw < DrawLimit; draw++)
        {
            var id = numbers.Next();
            switch (await engine.Gateway.Submit(job with { IdempotencyKey = JobNumber.KeyOf(OrchestratedDefinition.ContractName, id) }, by))
            {
                case CommandReply.Done done:
                    return Read(done.State).State();
                case CommandReply.Duplicate:
                    // Another node has drawn the same number.
                    continue;
                case var reply:
                    throw Fault(reply, id);
            }
        }

        throw new DispatcherUnavailableException("No free number was found for the workflow; try again.");
    }

    public async Task<WorkflowState?> GetWorkflow(long workflowId) => (await Find(workflowId))?.State();

    public async Task<WorkflowState?> GetWorkflowByJob(long jobId)
    {
        var label = $"{JobLabel}={jobId.ToString(CultureInfo.InvariantCulture)}";
        return (await Workflows(new JobQuery { Terms = [label, ContractTerm] }, workflow => workflow.JobId == jobId, 1)).FirstOrDefault()?.State();
    }

    public async Task<WorkflowState> StartWorkflow(long workflowId)
    {
        for (var attempt = 1; ; attempt++)
        {
            var workflow = await Require(workflowId);
            if (workflow.Status != WorkflowStatus.Pending) throw WrongState("start", workflow.Status);
            // At the version that was read: the second of two starts would else approve what the first step asks of people.
            var reply = await engine.Gateway.Send(workflow.Job.Id, new JobCommand.Approve(by, null, engine.Gateway.Now), new CommandGuard(tenant, workflow.Job.SequenceNr));
            if (reply is not CommandReply.Refused { Rejection.Code: "version-conflict" } || attempt == StartLimit) return StateAfter(reply, workflow);
        }
    }

    public async Task<WorkflowState> ExecuteWorkflow(long workflowId, CancellationToken cancellation)
    {
        var workflow = await Require(workflowId);
        // Nobody may ever resume a paused one.
        if (workflow.Job.Status.IsTerminal() || workflow.Status == WorkflowStatus.Paused) throw WrongState("execute", workflow.Status);
        if (workflow.Status == WorkflowStatus.Pending) await BeginStart(workflowId);
        return Read(await new DispatcherClient(engine, tenant).WhenEnded(workflow.Job.Id, cancellation)).State();
    }

    public async Task<WorkflowState> PauseWorkflow(long workflowId, string? reason)
    {
        var workflow = await Require(workflowId);
        if (workflow.Status is not (WorkflowStatus.Running or WorkflowStatus.Recovering)) throw WrongState("pause", workflow.Status);
        return await Send(workflow, at => new JobCommand.Pause(by, reason, at));
    }

    public async Task<WorkflowState> CancelWorkflow(long workflowId, string? reason)
    {
        var workflow = await Require(workflowId);
        if (workflow.Job.Status.IsTerminal()) throw WrongState("cancel", workflow.Status);
        return await Send(workflow, at => new JobCommand.Cancel(by, reason, at));
    }

    public async Task<WorkflowState> RecoverWorkflow(long workflowId, int fromStep, string? reason)
    {
        var workflow = await Require(workflowId);
        if (fromStep < 0 || fromStep >= workflow.TotalSteps) throw new WorkflowValidationException($"from_step must be 0 to {workflow.TotalSteps - 1}, not {fromStep}");
        if (workflow.Status == WorkflowStatus.Paused) return await Send(workflow, at => new JobCommand.Resume(by, reason, at));
        if (workflow.Status != WorkflowStatus.Failed) throw WrongState("recover", workflow.Status);
        if (workflow.RecoveryAttempts >= workflow.MaxRecoveryAttempts)
            throw new WorkflowValidationException($"Maximum recovery attempts ({workflow.MaxRecoveryAttempts}) reached") { IsOfState = true };
        var after = await Send(workflow, at => new JobCommand.Recover(OrchestratedDefinition.StepId(fromStep), by, reason, at) { PassOver = true });
        // The first step may have started in the same write; what the caller asked for is the recovery.
        var progress = (int)((double)fromStep / workflow.TotalSteps * 100);
        return after with { Status = WorkflowStatus.Recovering, CurrentStep = fromStep, Progress = progress };
    }

    public async Task<WorkflowProgress> GetWorkflowProgress(long workflowId) => (await Require(workflowId)).ProgressView();

    public async Task<IReadOnlyList<WorkflowTask>> GetTasks(long workflowId) => (await Require(workflowId)).Tasks();

    public async Task<IReadOnlyList<WorkflowTask>> GetRetryableTasks(long workflowId) =>
        [.. (await GetTasks(workflowId)).Where(task => task.Status == WorkflowTaskStatus.Failed && task.RetryCount < task.MaxRetries)];

    public async Task<WorkflowTask?> GetTaskByCeleryTaskId(string celeryTaskId)
    {
        if (!LeaseKey.TryParse(celeryTaskId, out var key) || await reader.Find(key.JobId, tenant) is not { } job) return null;
        if (job.State is null && !OrchestratedDefinition.HasLabel(job.View().Labels)) return null;
        return ReadingOf(StateOf(job))?.Tasks().FirstOrDefault(task => task.CeleryTaskId == celeryTaskId);
    }

    public async Task<IReadOnlyList<WorkflowState>> GetActiveWorkflows(int limit)
    {
        var found = new List<WorkflowReading>();
        foreach (var status in (JobStatus[])[JobStatus.Running, JobStatus.Recovering, JobStatus.Queued, JobStatus.Approved])
            found.AddRange(await Workflows(new JobQuery { Status = status }, workflow => workflow.Status is WorkflowStatus.Running or WorkflowStatus.Recovering, limit));
        // One that has moved on in between was found twice.
        return [.. found.OrderByDescending(workflow => workflow.Id).DistinctBy(workflow => workflow.Id).Take(limit).Select(workflow => workflow.State())];
    }

    public async Task<IReadOnlyList<WorkflowState>> GetFailedWorkflows(int limit) => await Failed(_ => true, limit);

    public async Task<IReadOnlyList<WorkflowState>> GetRecoverableWorkflows(int limit) => await Failed(workflow => workflow.RecoveryAttempts < workflow.MaxRecoveryAttempts, limit);

    public IJobOrchestrator ForTenant(string other) => new Orchestrator(engine, reader, numbers, other, by);

    private async Task<IReadOnlyList<WorkflowState>> Failed(Func<WorkflowReading, bool> isWanted, int limit) =>
        [.. (await Workflows(new JobQuery { Status = JobStatus.Failed }, workflow => workflow.Status == WorkflowStatus.Failed && isWanted(workflow), limit)).Select(workflow => workflow.State())];

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

    private WorkflowReading? ReadingOf(JobState job) => WorkflowReading.Of(job, handler => engine.Handlers.Find(handler) is IExternalStepHandler);

    /// <summary>Of a job that was found to be a workflow before. Only an operator who has given it another input since, as a job, keeps it from being one.</summary>
    private WorkflowReading Read(JobState job) => ReadingOf(job) ?? throw new WorkflowValidationException($"Job {job.Id} is no workflow any more: its input was changed") { IsOfState = true };

    private async Task<WorkflowReading> Require(long workflowId) => await Find(workflowId) ?? throw new WorkflowNotFoundException(workflowId);

    private async Task<WorkflowReading?> Find(long workflowId)
    {
        var key = JobNumber.KeyOf(OrchestratedDefinition.ContractName, workflowId);
        return await reader.FindByKey(key, tenant) is { } id && await reader.Find(id, tenant) is { } job ? ReadingOf(StateOf(job)) : null;
    }

    private static JobState StateOf(JobReading job) => job.State ?? throw new DispatcherRefusedException(ParkedJob.Code, ParkedJob.Refuse(job).Detail);

    /// <summary>A start that is durable takes effect, so there is an end to wait for.</summary>
    private async Task BeginStart(long workflowId)
    {
        try
        {
            await StartWorkflow(workflowId);
        }
        catch (WorkflowAcceptedException)
        {
            // Whoever waits for the end need not know that the start was slow.
        }
    }

    /// <summary>Newest first, from the newest <see cref="PageLimit"/> pages of what the query asks for.</summary>
    private async Task<IReadOnlyList<WorkflowReading>> Workflows(JobQuery query, Func<WorkflowReading, bool> isWanted, int limit)
    {
        var found = new List<WorkflowReading>();
        var most = Math.Clamp(limit, 1, ListLimit);
        var wanted = query with { Tenant = tenant, Limit = PageJobs };
        for (var i = 0; i < PageLimit; i++)
        {
            var page = await engine.Store.ListJobs(wanted);
            foreach (var ids in page.Rows.Where(row => OrchestratedDefinition.HasLabel(row.Labels)).Select(row => row.Id).Chunk(Math.Clamp(most, FewestRead, JobReader.HistoriesLimit)))
            {
                found.AddRange((await reader.FindAll(ids, tenant)).Select(job => job?.State is { } state ? ReadingOf(state) : null).OfType<WorkflowReading>().Where(isWanted).Take(most - found.Count));
                if (found.Count == most) return found;
            }

            if (page.Next is not { } next) return found;
            wanted = wanted with { Before = next };
        }

        return found;
    }

    private async Task<WorkflowState> Send(WorkflowReading workflow, Func<DateTimeOffset, JobCommand> order) =>
        StateAfter(await engine.Gateway.Send(workflow.Job.Id, order(engine.Gateway.Now), new CommandGuard(tenant, ExpectedVersion: null)), workflow);

    private WorkflowState StateAfter(CommandReply reply, WorkflowReading workflow) => reply is CommandReply.Done done ? Read(done.State).State() : throw Fault(reply, workflow.Id);

    private static WorkflowValidationException WrongState(string verb, WorkflowStatus status) => new($"Cannot {verb} workflow in {status.ToText()} state") { IsOfState = true };

    private static Exception Fault(CommandReply reply, long workflowId) => reply switch
    {
        CommandReply.Refused { Rejection.Code: "not-found" } => new WorkflowNotFoundException(workflowId),
        CommandReply.Refused { Rejection: { Code: ParkedJob.Code } parked } => new DispatcherRefusedException(parked.Code, parked.Message),
        CommandReply.Refused { Rejection: var rejection } => new WorkflowValidationException(rejection.Message) { IsOfState = rejection.Code is "invalid-status" or "recovery-exhausted", Rejection = rejection },
        CommandReply.Accepted => new WorkflowAcceptedException(workflowId),
        CommandReply.Unavailable unavailable => new DispatcherUnavailableException(unavailable.Cause) { IsDiskFull = unavailable.IsDiskFull },
        _ => new System.Diagnostics.UnreachableException(),
    };
}
